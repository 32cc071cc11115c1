"""Cells that make power: what a gap allows, where voltage is lost, what printed figures allow.

* `suns`: AM1.5G, black bodies and tables of light;
* `limits`: detailed balance of a gap;
* `losses`: of the open-circuit voltage, and the ideality factor;
* `jv_records`: whether printed figures go together;
* `space_charge`: traps and mobility from currents in the dark.
"""
