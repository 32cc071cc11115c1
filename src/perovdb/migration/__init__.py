"""Hops of vacancies, their endpoints and the paths between them."""
