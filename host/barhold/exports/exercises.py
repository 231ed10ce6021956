"""What other programs call an exercise. Pure.

Strong and Hevy know exercises by the names of their own libraries, FIT by numbers of the profile (21.218). An exercise
that is not listed here keeps the name that its plan gives it, and FIT files name it in an exercise title.
"""

from dataclasses import dataclass

from barhold.model import TrainingSet

DEFAULT = "hip thrust"
_HIP_RAISE, _UNKNOWN_CATEGORY = 10, 65_534


@dataclass(frozen=True, slots=True)
class ExerciseNames:
    """One exercise: as a workout's title, in the libraries of Strong and Hevy, and in FIT."""

    title: str
    library_name: str
    fit_category: int
    fit_exercise: int


_KNOWN = {
    "hip thrust": ExerciseNames("Hip thrust", "Hip Thrust (Barbell)", _HIP_RAISE, 1),  # barbell_hip_thrust_with_bench
    "glute bridge": ExerciseNames("Glute bridge", "Glute Bridge (Barbell)", _HIP_RAISE, 0),  # ..._on_floor
}


def names_of(training_set: TrainingSet) -> ExerciseNames:
    """Return the names of the exercise of a set: its plan's, or a hip thrust if it has no plan."""
    exercise = training_set.exercise or DEFAULT
    title = exercise[0].upper() + exercise[1:]
    return _KNOWN.get(exercise.casefold().replace("-", " "), ExerciseNames(title, title, _UNKNOWN_CATEGORY, 0))
