-- The schema of a perovdb store: the curated one and users' own.
--
-- One table a kind of fact, one row a fact. Units stand in column names.
-- Every fact row says where it comes from (source, locator, quote), how it was
-- obtained (kind) and how sure we are that the digits are right (evidence).
-- A range is two numbers (..._min, ..._max); an unknown is NULL, never 0.
-- What each column means is told in columns.csv, which the store carries too.

-- ---------------------------------------------------------------- vocabulary

CREATE TABLE evidence_level (          -- rank 0 is preferred
  name TEXT PRIMARY KEY,
  rank INTEGER NOT NULL UNIQUE,
  meaning TEXT NOT NULL
) STRICT;
INSERT INTO evidence_level VALUES
  ('read',       0, 'the number stands in a text, CIF or data file of the source that we read'),
  ('secondhand', 1, 'read in another text or file that cites or re-uses the source'),
  ('recalled',   2, 'from memory, to be checked: not read anywhere');

CREATE TABLE fact_kind (               -- rank 0 is preferred
  name TEXT PRIMARY KEY,
  rank INTEGER NOT NULL UNIQUE,
  meaning TEXT NOT NULL
) STRICT;
INSERT INTO fact_kind VALUES
  ('measured',   0, 'obtained by experiment'),
  ('fitted',     1, 'obtained by fitting a model to experiments'),
  ('derived',    2, 'follows by arithmetic or symmetry from other facts'),
  ('computed',   3, 'obtained by a calculation, such as DFT'),
  ('convention', 4, 'agreed or chosen, such as a radius set or a setting'),
  ('stated',     5, 'said in words, with no number of its own');

CREATE TABLE radius_set (
  name TEXT PRIMARY KEY,
  meaning TEXT NOT NULL
) STRICT;
INSERT INTO radius_set VALUES
  ('shannon1976',    'effective ionic radii of Shannon, by charge, coordination and spin'),
  ('kieslich2014',   'effective radii of molecular ions as rigid spheres or cylinders'),
  ('travis2016',     'radii of divalent ions in iodides and others revised by Travis; Sn2+ as used by Bartel'),
  ('travis2016_anion', 'anion-dependent radii of Pb2+ by Travis'),
  ('smact_ml',       'radii extended by machine learning in the smact package'),
  ('prim2',          'radii shipped by the PRIM2 web application'),
  ('community',      'in use in papers without a source of its own'),
  ('as_stated',      'stated by a paper that names neither scale nor coordination');

-- ------------------------------------------------------------------- sources

CREATE TABLE source (
  key TEXT PRIMARY KEY CHECK (key GLOB '[a-z]*' AND key NOT GLOB '*[^A-Za-z0-9_]*'),
  citation TEXT NOT NULL CHECK (length(citation) > 0),
  authors TEXT,
  title TEXT,
  container TEXT,
  volume TEXT,
  pages TEXT,
  year INTEGER CHECK (year BETWEEN 1900 AND 2100),
  doi TEXT CHECK (doi LIKE '10.%/%'),
  doi_evidence TEXT REFERENCES evidence_level (name),
  url TEXT,
  note TEXT,
  CHECK ((doi IS NULL) = (doi_evidence IS NULL))
) STRICT;

-- No table of the store: where a table below says LIKE provenance, these columns stand.
CREATE TABLE provenance (
  source TEXT NOT NULL REFERENCES source (key),
  cited_sources TEXT,
  locator TEXT,
  quote TEXT,
  quote_2 TEXT,
  kind TEXT NOT NULL REFERENCES fact_kind (name),
  evidence TEXT NOT NULL REFERENCES evidence_level (name),
  confidence TEXT CHECK (confidence IN ('high', 'medium', 'low')),
  qualifier TEXT NOT NULL DEFAULT '=' CHECK (qualifier IN ('=', '~', '<', '<=', '>', '>=')),
  note TEXT
);

-- --------------------------------------------------------- ions and molecules

CREATE TABLE ion (
  species TEXT PRIMARY KEY CHECK (length(species) > 0),
  name TEXT NOT NULL,
  site TEXT CHECK (site IN ('A', 'B', 'X')),
  charge INTEGER NOT NULL CHECK (charge BETWEEN -4 AND 6 AND charge <> 0),
  formula_order INTEGER NOT NULL UNIQUE,
  atoms TEXT NOT NULL,
  smiles TEXT,
  also_on_b INTEGER CHECK (also_on_b = 1),
  spacer INTEGER CHECK (spacer = 1),
  source TEXT NOT NULL REFERENCES source (key),
  kind TEXT NOT NULL REFERENCES fact_kind (name),
  evidence TEXT NOT NULL REFERENCES evidence_level (name),
  note TEXT
) STRICT;

CREATE TABLE ion_charge (
  species TEXT NOT NULL REFERENCES ion (species),
  charge INTEGER NOT NULL CHECK (charge BETWEEN -4 AND 6 AND charge <> 0),
  source TEXT NOT NULL REFERENCES source (key),
  kind TEXT NOT NULL REFERENCES fact_kind (name),
  evidence TEXT NOT NULL REFERENCES evidence_level (name),
  note TEXT,
  PRIMARY KEY (species, charge)
) STRICT;

CREATE TABLE ion_alias (
  alias TEXT PRIMARY KEY CHECK (length(alias) > 0),
  species TEXT NOT NULL REFERENCES ion (species)
) STRICT;

CREATE TABLE radius (
  id TEXT PRIMARY KEY,
  species TEXT NOT NULL REFERENCES ion (species),
  charge INTEGER NOT NULL CHECK (charge BETWEEN -4 AND 6 AND charge <> 0),
  coordination TEXT,
  coordination_number INTEGER CHECK (coordination_number BETWEEN 1 AND 14),
  spin TEXT CHECK (spin IN ('HS', 'LS')),
  host_anion TEXT REFERENCES ion (species),
  radius_set TEXT NOT NULL REFERENCES radius_set (name),
  radius_A REAL NOT NULL CHECK (radius_A BETWEEN 0.1 AND 4),
  crystal_radius_A REAL CHECK (crystal_radius_A BETWEEN 0.1 AND 4),
  LIKE provenance
) STRICT;

CREATE TABLE ion_statement (
  id TEXT PRIMARY KEY,
  ions TEXT,
  site TEXT,
  statement TEXT NOT NULL,
  coordination TEXT,
  atomic_number INTEGER CHECK (atomic_number BETWEEN 1 AND 118),
  LIKE provenance
) STRICT;

CREATE TABLE molecule (
  species TEXT PRIMARY KEY REFERENCES ion (species),
  method TEXT NOT NULL,
  point_group TEXT,
  energy_Ha REAL,
  dipole_mass_centre_D REAL CHECK (dipole_mass_centre_D >= 0),
  dipole_nuclear_charge_centre_D REAL CHECK (dipole_nuclear_charge_centre_D >= 0),
  dipole_heavy_centroid_D REAL CHECK (dipole_heavy_centroid_D >= 0),
  source TEXT NOT NULL REFERENCES source (key),
  locator TEXT,
  kind TEXT NOT NULL REFERENCES fact_kind (name),
  evidence TEXT NOT NULL REFERENCES evidence_level (name),
  note TEXT
) STRICT;

CREATE TABLE molecule_atom (
  species TEXT NOT NULL REFERENCES molecule (species),
  atom INTEGER NOT NULL CHECK (atom >= 1),
  element TEXT NOT NULL CHECK (element GLOB '[A-Z]' OR element GLOB '[A-Z][a-z]'),
  x_A REAL NOT NULL,
  y_A REAL NOT NULL,
  z_A REAL NOT NULL,
  PRIMARY KEY (species, atom)
) STRICT;

-- -------------------------------------------------------- phases, transitions

CREATE TABLE phase (
  id TEXT PRIMARY KEY,
  formula TEXT NOT NULL,
  phase TEXT NOT NULL,
  phase_as_stated TEXT,
  perovskite INTEGER NOT NULL CHECK (perovskite IN (0, 1)),
  space_group TEXT,
  space_group_number INTEGER CHECK (space_group_number BETWEEN 1 AND 230),
  a_A REAL NOT NULL CHECK (a_A BETWEEN 2 AND 100),
  b_A REAL NOT NULL CHECK (b_A BETWEEN 2 AND 100),
  c_A REAL NOT NULL CHECK (c_A BETWEEN 2 AND 100),
  a_su_A REAL CHECK (a_su_A > 0),
  b_su_A REAL CHECK (b_su_A > 0),
  c_su_A REAL CHECK (c_su_A > 0),
  alpha_deg REAL NOT NULL CHECK (alpha_deg BETWEEN 30 AND 150),
  beta_deg REAL NOT NULL CHECK (beta_deg BETWEEN 30 AND 150),
  gamma_deg REAL NOT NULL CHECK (gamma_deg BETWEEN 30 AND 150),
  angle_su_deg REAL CHECK (angle_su_deg > 0),
  volume_A3 REAL NOT NULL CHECK (volume_A3 > 0),
  volume_su_A3 REAL CHECK (volume_su_A3 > 0),
  Z INTEGER NOT NULL CHECK (Z BETWEEN 1 AND 200),
  a_pseudocubic_A REAL CHECK (a_pseudocubic_A BETWEEN 3 AND 8),
  temperature_K REAL CHECK (temperature_K BETWEEN 0 AND 2000),
  temperature_su_K REAL CHECK (temperature_su_K > 0),
  temperature_min_K REAL CHECK (temperature_min_K BETWEEN 0 AND 2000),
  temperature_max_K REAL CHECK (temperature_max_K BETWEEN 0 AND 2000),
  temperature_basis TEXT NOT NULL
    CHECK (temperature_basis IN ('stated', 'room', 'recalled', 'unknown')),
  sample TEXT,
  method TEXT,
  database_ids TEXT,
  LIKE provenance,
  CHECK (temperature_min_K IS NULL OR temperature_max_K IS NULL
         OR temperature_min_K <= temperature_max_K),
  CHECK ((temperature_basis = 'unknown')
         = (coalesce(temperature_K, temperature_min_K, temperature_max_K) IS NULL))
) STRICT;

CREATE TABLE phase_site (
  phase_id TEXT NOT NULL REFERENCES phase (id),
  label TEXT NOT NULL,
  site TEXT CHECK (site IN ('A', 'B', 'X')),
  species TEXT NOT NULL,
  x REAL NOT NULL,
  y REAL NOT NULL,
  z REAL NOT NULL,
  x_su REAL CHECK (x_su > 0),
  y_su REAL CHECK (y_su > 0),
  z_su REAL CHECK (z_su > 0),
  occupancy REAL NOT NULL CHECK (occupancy > 0 AND occupancy <= 1),
  wyckoff TEXT,
  basis TEXT NOT NULL CHECK (basis IN ('refined', 'assigned', 'symmetry', 'derived')),
  note TEXT,
  PRIMARY KEY (phase_id, label)
) STRICT;

CREATE TABLE phase_atom (
  phase_id TEXT NOT NULL REFERENCES phase (id),
  label TEXT NOT NULL,
  atom INTEGER NOT NULL CHECK (atom >= 1),
  element TEXT NOT NULL CHECK (element GLOB '[A-Z]' OR element GLOB '[A-Z][a-z]'),
  x REAL NOT NULL,
  y REAL NOT NULL,
  z REAL NOT NULL,
  basis TEXT NOT NULL CHECK (basis IN ('refined', 'assigned', 'symmetry', 'derived')),
  note TEXT,
  PRIMARY KEY (phase_id, label, atom)
) STRICT;

CREATE TABLE transition (
  id TEXT PRIMARY KEY,
  formula TEXT NOT NULL,
  isotopes TEXT,
  from_phase TEXT,
  to_phase TEXT,
  temperature_K REAL CHECK (temperature_K BETWEEN 0 AND 2000),
  temperature_su_K REAL CHECK (temperature_su_K > 0),
  temperature_min_K REAL CHECK (temperature_min_K BETWEEN 0 AND 2000),
  temperature_max_K REAL CHECK (temperature_max_K BETWEEN 0 AND 2000),
  direction TEXT CHECK (direction IN ('heating', 'cooling', 'both')),
  sample TEXT,
  method TEXT,
  LIKE provenance,
  CHECK (coalesce(temperature_K, temperature_min_K, temperature_max_K) IS NOT NULL)
) STRICT;

-- -------------------------------------------------------------- band gaps

CREATE TABLE band_gap (
  id TEXT PRIMARY KEY,
  formula TEXT NOT NULL,
  phase TEXT,
  quantity TEXT NOT NULL,
  value_eV REAL CHECK (value_eV BETWEEN 0 AND 15),
  su_eV REAL CHECK (su_eV > 0),
  min_eV REAL CHECK (min_eV BETWEEN 0 AND 15),
  max_eV REAL CHECK (max_eV BETWEEN 0 AND 15),
  temperature_K REAL CHECK (temperature_K BETWEEN 0 AND 2000),
  temperature_basis TEXT NOT NULL
    CHECK (temperature_basis IN ('stated', 'room', 'recalled', 'unknown')),
  sample TEXT,
  method TEXT,
  LIKE provenance,
  CHECK (coalesce(value_eV, min_eV, max_eV) IS NOT NULL),
  CHECK ((temperature_basis = 'unknown') = (temperature_K IS NULL))
) STRICT;

-- How the gap runs between two end members:
-- E(x) = c0 + c1 x + c2 x^2 with x the fraction of end_2; bowing b = c2. A row may be one point of
-- it: the gap at x, that of formula.
CREATE TABLE gap_series (
  id TEXT PRIMARY KEY,
  series TEXT NOT NULL,
  site TEXT CHECK (site IN ('A', 'B', 'X')),
  end_1 TEXT,
  end_2 TEXT,
  quantity TEXT NOT NULL,
  bowing_eV REAL,
  bowing_min_eV REAL,
  bowing_max_eV REAL,
  c0_eV REAL,
  c1_eV REAL,
  c2_eV REAL,
  gap_min_eV REAL CHECK (gap_min_eV BETWEEN 0 AND 15),
  gap_max_eV REAL CHECK (gap_max_eV BETWEEN 0 AND 15),
  formula TEXT,
  x REAL CHECK (x BETWEEN 0 AND 1),
  x_min REAL CHECK (x_min BETWEEN 0 AND 1),
  x_max REAL CHECK (x_max BETWEEN 0 AND 1),
  x_meaning TEXT,
  gap_eV REAL CHECK (gap_eV BETWEEN 0 AND 15),
  su_eV REAL CHECK (su_eV > 0),
  statement TEXT,
  temperature_K REAL CHECK (temperature_K BETWEEN 0 AND 2000),
  temperature_basis TEXT NOT NULL
    CHECK (temperature_basis IN ('stated', 'room', 'recalled', 'unknown')),
  sample TEXT,
  method TEXT,
  LIKE provenance,
  CHECK (coalesce(bowing_eV, bowing_min_eV, c0_eV, gap_min_eV, gap_max_eV, gap_eV, statement)
         IS NOT NULL),
  CHECK ((temperature_basis = 'unknown') = (temperature_K IS NULL))
) STRICT;

-- The gaps of one composition that a database of papers holds: median and spread of its records.
CREATE TABLE gap_median (
  id TEXT PRIMARY KEY,
  formula TEXT NOT NULL,
  meaning TEXT NOT NULL,
  n_records INTEGER NOT NULL CHECK (n_records >= 1),
  median_eV REAL NOT NULL CHECK (median_eV BETWEEN 0 AND 15),
  q25_eV REAL CHECK (q25_eV BETWEEN 0 AND 15),
  q75_eV REAL CHECK (q75_eV BETWEEN 0 AND 15),
  min_eV REAL CHECK (min_eV BETWEEN 0 AND 15),
  max_eV REAL CHECK (max_eV BETWEEN 0 AND 15),
  LIKE provenance
) STRICT;

-- Terms of the model of gaps, which data/fit_gaps.py fits to the gaps above.
CREATE TABLE gap_term (
  id TEXT PRIMARY KEY,
  term TEXT NOT NULL
    CHECK (term IN ('end member', 'bowing', 'scatter of alloys', 'scatter of sources')),
  site TEXT CHECK (site IN ('A', 'B', 'X')),
  ions TEXT,
  beside TEXT REFERENCES ion (species),
  formula TEXT,
  value_eV REAL NOT NULL CHECK (value_eV BETWEEN -5 AND 15),
  su_eV REAL CHECK (su_eV > 0),
  n_compositions INTEGER NOT NULL CHECK (n_compositions >= 1),
  LIKE provenance,
  CHECK ((term = 'end member') = (formula IS NOT NULL)),
  CHECK ((term = 'bowing') = (site IS NOT NULL AND ions IS NOT NULL))
) STRICT;

-- ------------------------------------------------- migration and exchange

CREATE TABLE barrier (
  id TEXT PRIMARY KEY,
  host TEXT NOT NULL,
  formula TEXT,
  phase TEXT,
  species TEXT NOT NULL,
  mechanism TEXT,
  charge_state TEXT,
  barrier_eV REAL CHECK (barrier_eV BETWEEN 0 AND 10),
  su_eV REAL CHECK (su_eV > 0),
  min_eV REAL CHECK (min_eV BETWEEN 0 AND 10),
  max_eV REAL CHECK (max_eV BETWEEN 0 AND 10),
  change_min_pct REAL,
  change_max_pct REAL,
  statement TEXT,
  method TEXT,
  cell TEXT,
  sample TEXT,
  environment TEXT,
  vacancy_concentration TEXT,
  LIKE provenance
) STRICT;

CREATE TABLE kinetics (
  id TEXT PRIMARY KEY,
  process TEXT NOT NULL,
  species TEXT,
  host TEXT,
  method TEXT,
  time_min_s REAL CHECK (time_min_s >= 0),
  time_max_s REAL CHECK (time_max_s >= 0),
  temperature_K REAL CHECK (temperature_K BETWEEN 0 AND 2000),
  concentration_mg_mL REAL CHECK (concentration_mg_mL >= 0),
  environment TEXT,
  vacancy_concentration TEXT,
  rate_ratio TEXT,
  grain_size_nm REAL CHECK (grain_size_nm > 0),
  grain_size_su_nm REAL CHECK (grain_size_su_nm > 0),
  statement TEXT,
  LIKE provenance
) STRICT;

-- ---------------------------------------------------------- formability

CREATE TABLE formability (
  id TEXT PRIMARY KEY,
  formula TEXT NOT NULL,
  A TEXT NOT NULL REFERENCES ion (species),
  B TEXT NOT NULL REFERENCES ion (species),
  X TEXT NOT NULL REFERENCES ion (species),
  label TEXT NOT NULL
    CHECK (label IN ('perovskite', 'non-perovskite', 'polymorphic', 'disputed')),
  label_bartel TEXT,
  label_filip TEXT,
  structure_note TEXT,
  structure_reference TEXT,
  r_A_A REAL CHECK (r_A_A BETWEEN 0.1 AND 4),
  r_B_A REAL CHECK (r_B_A BETWEEN 0.1 AND 4),
  r_X_A REAL CHECK (r_X_A BETWEEN 0.1 AND 4),
  radii_rule TEXT,
  t REAL,
  mu REAL,
  tau REAL,
  t_predicts_perovskite INTEGER CHECK (t_predicts_perovskite IN (0, 1)),
  tau_predicts_perovskite INTEGER CHECK (tau_predicts_perovskite IN (0, 1)),
  LIKE provenance
) STRICT;

CREATE TABLE descriptor_window (
  id TEXT PRIMARY KEY,
  descriptor TEXT NOT NULL CHECK (descriptor IN ('t', 'mu', 'tau')),
  min_value REAL,
  max_value REAL,
  strict INTEGER NOT NULL CHECK (strict IN (0, 1)),
  meaning TEXT NOT NULL,
  source TEXT NOT NULL REFERENCES source (key),
  cited_sources TEXT,
  locator TEXT,
  quote TEXT,
  quote_2 TEXT,
  kind TEXT NOT NULL REFERENCES fact_kind (name),
  evidence TEXT NOT NULL REFERENCES evidence_level (name),
  confidence TEXT CHECK (confidence IN ('high', 'medium', 'low')),
  note TEXT,
  CHECK (coalesce(min_value, max_value) IS NOT NULL)
) STRICT;

-- ------------------------------------------- samples and what was measured

CREATE TABLE material (
  id TEXT PRIMARY KEY,
  formula TEXT,
  formula_as_stated TEXT NOT NULL,
  formula_basis TEXT,
  form TEXT,
  sample TEXT,
  phase TEXT,
  crystal_system TEXT,
  space_group TEXT,
  size_nm REAL CHECK (size_nm > 0),
  size_min_nm REAL CHECK (size_min_nm > 0),
  size_max_nm REAL CHECK (size_max_nm > 0),
  size_sd_nm REAL CHECK (size_sd_nm > 0),
  size_method TEXT,
  morphology TEXT,
  LIKE provenance
) STRICT;

CREATE TABLE structure_record (
  id TEXT PRIMARY KEY,
  formula TEXT,
  form TEXT,
  sample TEXT NOT NULL,
  quantity TEXT NOT NULL,
  hkl TEXT,
  zone_axis TEXT,
  lattice_parameter_A REAL CHECK (lattice_parameter_A > 0),
  d_spacing_A REAL CHECK (d_spacing_A > 0),
  su_A REAL CHECK (su_A > 0),
  two_theta_deg REAL CHECK (two_theta_deg BETWEEN 0 AND 180),
  two_theta_min_deg REAL CHECK (two_theta_min_deg BETWEEN 0 AND 180),
  two_theta_max_deg REAL CHECK (two_theta_max_deg BETWEEN 0 AND 180),
  wavelength_A REAL CHECK (wavelength_A > 0),
  radiation TEXT,
  method TEXT,
  phase TEXT,
  statement TEXT,
  LIKE provenance
) STRICT;

CREATE TABLE optical (
  id TEXT PRIMARY KEY,
  formula TEXT,
  form TEXT,
  sample TEXT,
  treatment TEXT,
  quantity TEXT NOT NULL,
  pl_peak_nm REAL CHECK (pl_peak_nm BETWEEN 100 AND 5000),
  pl_peak_min_nm REAL CHECK (pl_peak_min_nm BETWEEN 100 AND 5000),
  pl_peak_max_nm REAL CHECK (pl_peak_max_nm BETWEEN 100 AND 5000),
  pl_shift_nm REAL,
  fwhm_nm REAL CHECK (fwhm_nm > 0),
  plqy_pct REAL CHECK (plqy_pct BETWEEN 0 AND 100),
  plqy_su_pct REAL CHECK (plqy_su_pct > 0),
  plqy_factor_min REAL CHECK (plqy_factor_min > 0),
  plqy_factor_max REAL CHECK (plqy_factor_max > 0),
  pl_lifetime_ns REAL CHECK (pl_lifetime_ns > 0),
  band_gap_eV REAL CHECK (band_gap_eV BETWEEN 0 AND 15),
  band_gap_method TEXT,
  el_peak_nm REAL CHECK (el_peak_nm BETWEEN 100 AND 5000),
  absorption_onset_nm REAL CHECK (absorption_onset_nm BETWEEN 100 AND 5000),
  absorption_peak_nm REAL CHECK (absorption_peak_nm BETWEEN 100 AND 5000),
  time_s REAL CHECK (time_s >= 0),
  temperature_K REAL CHECK (temperature_K BETWEEN 0 AND 2000),
  excitation TEXT,
  statement TEXT,
  LIKE provenance
) STRICT;

CREATE TABLE defect_energy (
  id TEXT PRIMARY KEY,
  system TEXT NOT NULL,
  formula TEXT,
  process TEXT NOT NULL,
  energy_eV REAL CHECK (energy_eV BETWEEN -50 AND 50),
  statement TEXT,
  method TEXT,
  LIKE provenance,
  CHECK (coalesce(energy_eV, statement) IS NOT NULL)
) STRICT;

CREATE TABLE device (
  id TEXT PRIMARY KEY,
  label TEXT NOT NULL,
  device_type TEXT NOT NULL,
  formula TEXT,
  formula_as_stated TEXT,
  absorber_form TEXT,
  treatment TEXT,
  architecture TEXT,
  pce_pct REAL CHECK (pce_pct BETWEEN 0 AND 100),
  pce_min_pct REAL CHECK (pce_min_pct BETWEEN 0 AND 100),
  pce_max_pct REAL CHECK (pce_max_pct BETWEEN 0 AND 100),
  pce_role TEXT,
  jsc_mA_cm2 REAL CHECK (jsc_mA_cm2 BETWEEN 0 AND 100),
  jsc_eqe_mA_cm2 REAL CHECK (jsc_eqe_mA_cm2 BETWEEN 0 AND 100),
  voc_V REAL CHECK (voc_V BETWEEN 0 AND 5),
  ff_pct REAL CHECK (ff_pct BETWEEN 0 AND 100),
  ff_as_stated TEXT,
  certified TEXT,
  area_cm2 REAL CHECK (area_cm2 > 0),
  test_condition TEXT,
  stability TEXT,
  el_peak_nm REAL CHECK (el_peak_nm BETWEEN 100 AND 5000),
  LIKE provenance
) STRICT;

CREATE TABLE solvent_ligand (
  id TEXT PRIMARY KEY,
  class TEXT NOT NULL,
  name TEXT NOT NULL,
  abbreviation TEXT,
  relative_polarity REAL CHECK (relative_polarity BETWEEN 0 AND 2),
  dielectric_constant REAL CHECK (dielectric_constant >= 1),
  dielectric_temperature_K REAL CHECK (dielectric_temperature_K BETWEEN 0 AND 2000),
  gutmann_donor_number REAL,
  gutmann_acceptor_number REAL,
  role TEXT,
  effect TEXT,
  LIKE provenance
) STRICT;

-- Mixed quantities: the unit stands in the parameter's name, the value as printed.
CREATE TABLE method (
  id TEXT PRIMARY KEY,
  technique TEXT NOT NULL,
  code_or_instrument TEXT,
  functional TEXT,
  system TEXT,
  parameter TEXT NOT NULL,
  value TEXT NOT NULL,
  LIKE provenance
) STRICT;

CREATE TABLE synthesis (
  id TEXT PRIMARY KEY,
  product TEXT NOT NULL,
  step TEXT NOT NULL,
  parameter TEXT NOT NULL,
  value TEXT NOT NULL,
  LIKE provenance
) STRICT;

CREATE TABLE other_property (
  id TEXT PRIMARY KEY,
  category TEXT NOT NULL,
  formula TEXT,
  sample TEXT,
  property TEXT NOT NULL,
  meaning TEXT,
  phase TEXT,
  value REAL,
  su_value REAL CHECK (su_value > 0),
  min_value REAL,
  max_value REAL,
  statement TEXT,
  temperature_K REAL CHECK (temperature_K BETWEEN 0 AND 2000),
  temperature_min_K REAL CHECK (temperature_min_K BETWEEN 0 AND 2000),
  temperature_max_K REAL CHECK (temperature_max_K BETWEEN 0 AND 2000),
  temperature_basis TEXT
    CHECK (temperature_basis IN ('stated', 'room', 'recalled', 'unknown')),
  method TEXT,
  LIKE provenance,
  CHECK (coalesce(value, min_value, max_value, statement) IS NOT NULL)
) STRICT;

-- Where a paper disagrees with itself or with another; both readings stay as rows.
CREATE TABLE conflict (
  id TEXT PRIMARY KEY,
  scope TEXT NOT NULL,
  statement TEXT NOT NULL
) STRICT;

CREATE TABLE conflict_row (
  conflict_id TEXT NOT NULL REFERENCES conflict (id),
  table_name TEXT NOT NULL,
  row_id TEXT NOT NULL,
  PRIMARY KEY (conflict_id, table_name, row_id)
) STRICT;

-- ----------------------------------------------------- physical constants

CREATE TABLE radiation (
  name TEXT PRIMARY KEY,
  wavelength_A REAL NOT NULL CHECK (wavelength_A BETWEEN 0.01 AND 10),
  source TEXT NOT NULL REFERENCES source (key),
  locator TEXT,
  kind TEXT NOT NULL REFERENCES fact_kind (name),
  evidence TEXT NOT NULL REFERENCES evidence_level (name),
  note TEXT
) STRICT;

-- ------------------------------------------------------- the store itself

CREATE TABLE column_meaning (
  table_name TEXT NOT NULL,
  column_name TEXT NOT NULL,
  unit TEXT,
  meaning TEXT NOT NULL,
  PRIMARY KEY (table_name, column_name)
) STRICT;

CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

-- ---------------------------------------------------------- ways to look up

CREATE INDEX phase_formula ON phase (formula);
CREATE INDEX phase_site_phase ON phase_site (phase_id);
CREATE INDEX transition_formula ON transition (formula);
CREATE INDEX band_gap_formula ON band_gap (formula);
CREATE INDEX gap_series_formula ON gap_series (formula);
CREATE INDEX gap_median_formula ON gap_median (formula);
CREATE INDEX barrier_formula ON barrier (formula);
CREATE INDEX formability_formula ON formability (formula);
CREATE INDEX material_formula ON material (formula);
CREATE INDEX structure_record_formula ON structure_record (formula);
CREATE INDEX optical_formula ON optical (formula);
CREATE INDEX defect_energy_formula ON defect_energy (formula);
CREATE INDEX device_formula ON device (formula);
CREATE INDEX other_property_formula ON other_property (formula);
CREATE INDEX radius_species ON radius (species);
CREATE INDEX conflict_row_row ON conflict_row (table_name, row_id);
CREATE INDEX phase_phase ON phase (phase);
CREATE INDEX barrier_species ON barrier (species);
CREATE INDEX barrier_host ON barrier (host);
CREATE INDEX barrier_barrier_eV ON barrier (barrier_eV);
CREATE INDEX device_pce ON device (coalesce(pce_pct, pce_max_pct, 0.0));
CREATE INDEX other_property_property ON other_property (property);
CREATE INDEX source_year ON source (year);
CREATE INDEX radius_source ON radius (source);
CREATE INDEX ion_statement_source ON ion_statement (source);
CREATE INDEX phase_source ON phase (source);
CREATE INDEX transition_source ON transition (source);
CREATE INDEX band_gap_source ON band_gap (source);
CREATE INDEX gap_series_source ON gap_series (source);
CREATE INDEX gap_median_source ON gap_median (source);
CREATE INDEX barrier_source ON barrier (source);
CREATE INDEX kinetics_source ON kinetics (source);
CREATE INDEX formability_source ON formability (source);
CREATE INDEX material_source ON material (source);
CREATE INDEX structure_record_source ON structure_record (source);
CREATE INDEX optical_source ON optical (source);
CREATE INDEX defect_energy_source ON defect_energy (source);
CREATE INDEX device_source ON device (source);
CREATE INDEX solvent_ligand_source ON solvent_ligand (source);
CREATE INDEX method_source ON method (source);
CREATE INDEX synthesis_source ON synthesis (source);
CREATE INDEX other_property_source ON other_property (source);
