#pragma once
#include "case.hpp"

// Cases that have model files, written by Keras or others. Without HDF5 and libzip they count as unsupported.

namespace lamina::conformance {

/// Loads the files of a case that Keras wrote, model.keras, model.h5 and model.weights.h5, if it has any, and compares weights and
/// outputs with its arrays; saves the model of model.keras, and compares what is loaded from that file.
void compare_files(const Case& c, Check& check);

}  // namespace lamina::conformance
