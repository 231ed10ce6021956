"""How far the arms bend when the bar goes in, and what that strains the plastic. Plain Python.

An arm is a curved beam, clamped at its root; the bar pushes its tip outward. Deflection by Castigliano's theorem for a
thin ring segment, strain from the moment at the root. The liner is taken as rigid, so the figure is on the safe side.
"""

from math import cos, radians, sin

from hardware.cad.params import SADDLE, Clip


def deflection_mm(clip: Clip) -> float:
    """Return how far each tip gives way: the mouth inside the liner is narrower than the bar."""
    return clip.bar_mm / 2 * (1 - sin(radians(SADDLE["arm_to_deg"])))


def strain(clip: Clip) -> float:
    """Return the largest strain of the outer fibre while the bar passes, dimensionless."""
    radius = (clip.bore + clip.arm_out) / 2
    root, tip, thick = radians(SADDLE["root_deg"]), radians(SADDLE["arm_to_deg"]), SADDLE["arm"]
    # Tip force F along x; bending moment at angle a: F * r * (cos a - cos tip), its lever in y. Tip travel along x:
    # F r^3 / EI * integral of (cos a - cos tip)^2 from root to tip.
    steps = 2000
    width = (tip - root) / steps
    angles = [root + (i + 0.5) * width for i in range(steps)]
    bent = sum((cos(a) - cos(tip)) ** 2 for a in angles) * width
    lever = cos(root) - cos(tip)
    # F r / EI = deflection / (r^2 * bent); strain = M / EI * thick / 2.
    return deflection_mm(clip) / (radius**2 * bent) * lever * thick / 2


def plastic_mouth_mm(clip: Clip) -> float:
    """Return the gap between the arms' tips without a liner; at least the bar, so that plastic never scrapes it."""
    middle = (clip.bore + clip.arm_out) / 2
    return 2 * (middle * sin(radians(SADDLE["arm_to_deg"])) - SADDLE["arm"] / 2)
