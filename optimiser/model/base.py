"""The frozen base of every entity, and arrays that pydantic can hold."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer

__all__ = ["BoolArray", "Frozen", "Int32Array", "Int64Array"]


class Frozen(BaseModel):
    """Immutable, and strict about unknown fields; change through `model_copy`."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def _array_of(dtype: type[np.generic]) -> BeforeValidator:
    def to_read_only(value: Any) -> npt.NDArray[Any]:
        array = np.array(value, dtype=dtype, order="C")
        array.flags.writeable = False
        return array

    return BeforeValidator(to_read_only)


_as_list = PlainSerializer(lambda array: array.tolist(), return_type=list, when_used="json")

BoolArray = Annotated[npt.NDArray[np.bool_], _array_of(np.bool_), _as_list]
Int32Array = Annotated[npt.NDArray[np.int32], _array_of(np.int32), _as_list]
Int64Array = Annotated[npt.NDArray[np.int64], _array_of(np.int64), _as_list]
