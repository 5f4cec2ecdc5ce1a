"""A scene holds the attributes that its captions and checks name."""

from sora_core.world import Colour
from sora_core.world.solids import (
    Attributes,
    Camera,
    CameraState,
    Floor,
    Motion,
    Scene,
    Shape,
    Sky,
    Solid,
    SolidState,
)


def test_the_attributes_are_those_of_each_object_with_its_surroundings() -> None:
    solids = (Solid(Shape.CUBE, Colour.RED, Motion.STAND), Solid(Shape.CONE, Colour.BLUE, Motion.JUMP))
    objects = tuple(SolidState(solid, x=0, z=0, size=1, yaw=0) for solid in solids)
    scene = Scene(objects, Floor.SAND, Sky.DUSK, CameraState(Camera.IN, 7, 4), (0, 0, 0))
    assert scene.attributes == tuple(Attributes(solid, Floor.SAND, Sky.DUSK, Camera.IN) for solid in solids)
    assert not scene.behind
