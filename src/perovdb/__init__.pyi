"""The public face of perovdb: the one list of its names, which `__init__` reads.

Every name is imported from its home as itself, so that mypy, jedi and editors see its type.
"""

# What people hold.
from perovdb.composition import Composition as Composition
from perovdb.composition import Material as Material
from perovdb.composition import as_composition as as_composition
from perovdb.composition import parse as parse

# Look up.
from perovdb.calculators.card import Card as Card
from perovdb.calculators.card import show as show
from perovdb.facts.preferred import Preferred as Preferred
from perovdb.facts.store import FactStore as FactStore
from perovdb.facts.store import open_store as open_store
from perovdb.store import using as using

# Calculate.
from perovdb.calculators.average_cell import AverageCell as AverageCell
from perovdb.calculators.average_cell import average_cell as average_cell
from perovdb.calculators.defect_energies import DefectLevels as DefectLevels
from perovdb.calculators.defect_energies import defect_levels as defect_levels
from perovdb.calculators.diffraction import Diffractogram as Diffractogram
from perovdb.calculators.diffraction import Instrument as Instrument
from perovdb.calculators.diffraction import Pattern as Pattern
from perovdb.calculators.diffraction import diffractogram as diffractogram
from perovdb.calculators.diffraction import xrd as xrd
from perovdb.calculators.diffraction.debye import Scattering as Scattering
from perovdb.calculators.diffraction.debye import debye as debye
from perovdb.calculators.diffraction.identification import Identification as Identification
from perovdb.calculators.diffraction.identification import Which as Which
from perovdb.calculators.diffraction.identification import identify as identify
from perovdb.calculators.exchange import Exchange as Exchange
from perovdb.calculators.exchange import exchange as exchange
from perovdb.calculators.gap import Gap as Gap
from perovdb.calculators.gap import gap as gap
from perovdb.calculators.inference import Inference as Inference
from perovdb.calculators.inference import Reading as Reading
from perovdb.calculators.inference import infer as infer
from perovdb.calculators.kinetics import ArrheniusFit as ArrheniusFit
from perovdb.calculators.kinetics import HopRate as HopRate
from perovdb.calculators.kinetics import fit_arrhenius as fit_arrhenius
from perovdb.calculators.kinetics import hop_rate as hop_rate
from perovdb.calculators.light import Segregation as Segregation
from perovdb.calculators.light import segregation as segregation
from perovdb.calculators.mixing import Lattice as Lattice
from perovdb.calculators.mixing import lattice as lattice
from perovdb.calculators.mixing_energy import Mixing as Mixing
from perovdb.calculators.mixing_energy import mixing as mixing
from perovdb.calculators.phase_at import PhaseAt as PhaseAt
from perovdb.calculators.phase_at import phase_at as phase_at
from perovdb.calculators.photovoltaics.limits import Limit as Limit
from perovdb.calculators.photovoltaics.limits import limit as limit
from perovdb.calculators.photovoltaics.losses import Loss as Loss
from perovdb.calculators.photovoltaics.losses import loss as loss
from perovdb.calculators.photovoltaics.jv_records import JVRecord as JVRecord
from perovdb.calculators.photovoltaics.jv_records import jv as jv
from perovdb.calculators.photovoltaics.space_charge import SpaceCharge as SpaceCharge
from perovdb.calculators.photovoltaics.space_charge import sclc as sclc
from perovdb.calculators.two_means import TwoMeans as TwoMeans
from perovdb.calculators.two_means import compare_means as compare_means
from perovdb.calculators.screening import Screening as Screening
from perovdb.calculators.screening import RandomSample as RandomSample
from perovdb.calculators.screening import Run as Run
from perovdb.calculators.screening import screen as screen
from perovdb.calculators.tolerance import Tolerance as Tolerance
from perovdb.calculators.tolerance import tolerance as tolerance

# Model.
from perovdb.structures.adoption import as_structure as as_structure
from perovdb.structures.builder import build as build
from perovdb.structures.builder import distinct_models as distinct_models
from perovdb.structures.crystals import Crystal as Crystal
from perovdb.structures.defects.labels import Defect as Defect
from perovdb.structures.defects.point_defects import Choice as Choice
from perovdb.structures.defects.point_defects import defects as defects
from perovdb.structures.defects.point_defects import distinct_defects as distinct_defects
from perovdb.structures.defects.voids import Void as Void
from perovdb.structures.defects.voids import voids as voids
from perovdb.structures.files.ase_adapter import to_ase as to_ase
from perovdb.structures.files.reading import read_structure as read_structure
from perovdb.structures.files.restoring import adopt as adopt
from perovdb.structures.files.writing import write_structure as write_structure
from perovdb.structures.history import rebuild as rebuild
from perovdb.structures.hosts import Tilt as Tilt
from perovdb.structures.layered.layers import Stack as Stack
from perovdb.structures.layered.layers import layers as layers
from perovdb.structures.model import Model as Model
from perovdb.structures.model import Models as Models
from perovdb.structures.molecules.orientations import Orientation as Orientation
from perovdb.structures.octahedra.analysis import Octahedra as Octahedra
from perovdb.structures.octahedra.comparison import OctahedraChange as OctahedraChange
from perovdb.structures.octahedra.measuring import octahedra as octahedra
from perovdb.structures.ordering import Order as Order
from perovdb.structures.particles.boxes import Box as Box
from perovdb.structures.particles.dopants import Placement as Placement
from perovdb.structures.particles.dopants import dope as dope
from perovdb.structures.particles.ligands import ligands as ligands
from perovdb.structures.particles.nanocrystals import Shape as Shape
from perovdb.structures.particles.nanocrystals import particle as particle
from perovdb.structures.particles.report import Report as Report
from perovdb.structures.particles.report import report as report
from perovdb.structures.particles.slabs import Surface as Surface
from perovdb.structures.particles.slabs import slab as slab
from perovdb.structures.supercells import supercell as supercell

# Migrate.
from perovdb.inputs.job import Electrons as Electrons
from perovdb.inputs.job import Resources as Resources
from perovdb.inputs.sets import input_files as input_files
from perovdb.inputs.sets import write_inputs as write_inputs
from perovdb.local.barriers import barrier as barrier
from perovdb.local.engines import Engine as Engine
from perovdb.local.relaxing import relax as relax
from perovdb.local.strategy import Limits as Limits
from perovdb.migration.bottleneck import Bottleneck as Bottleneck
from perovdb.migration.bottleneck import bottleneck as bottleneck
from perovdb.migration.bottleneck import bottlenecks as bottlenecks
from perovdb.migration.endpoints import Endpoints as Endpoints
from perovdb.migration.hops import Hop as Hop
from perovdb.migration.hops import Hops as Hops
from perovdb.migration.hops import hops as hops
from perovdb.migration.path import Images as Images
from perovdb.migration.path import Path as Path
from perovdb.migration.path import path as path
from perovdb.migration.percolation import Percolation as Percolation
from perovdb.migration.percolation import percolation as percolation
from perovdb.migration.placing import endpoints as endpoints
from perovdb.migration.relaxation import relax_endpoints as relax_endpoints
from perovdb.migration.sampling import Sample as Sample
from perovdb.migration.sampling import sample_hops as sample_hops
from perovdb.migration.transport.answer import Transport as Transport
from perovdb.migration.transport.answer import transport as transport
from perovdb.migration.vacancies import Vacancies as Vacancies
from perovdb.results.barrier import Barrier as Barrier
from perovdb.results.barrier import Barriers as Barriers
from perovdb.results.energies import Energies as Energies
from perovdb.results.energies import Energy as Energy
from perovdb.results.energies import Reaction as Reaction
from perovdb.results.energies import read_energies as read_energies
from perovdb.results.reading import read_barrier as read_barrier
from perovdb.results.reading import read_barriers as read_barriers
from perovdb.results.saddle_path import path_through_saddle as path_through_saddle

# Draw.
from perovdb import plots as plots

# Errors.
from perovdb.errors import FormulaError as FormulaError
from perovdb.errors import FormulaWarning as FormulaWarning
from perovdb.errors import InputError as InputError
from perovdb.errors import MissingData as MissingData
from perovdb.errors import OutOfRange as OutOfRange
from perovdb.errors import PerovdbError as PerovdbError
from perovdb.errors import ResultError as ResultError
from perovdb.errors import StoreError as StoreError
from perovdb.errors import StructureError as StructureError
from perovdb.errors import UnknownSpecies as UnknownSpecies

__version__: str
