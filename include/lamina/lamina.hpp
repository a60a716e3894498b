#pragma once
// Includes the library: tensors, operations, layers, models, training. Not included, to save compile time, are
// data/data.hpp (readers and writers of data files), data/dataset.hpp (input pipelines), models/plot.hpp,
// models/weights_file.hpp, and the callbacks BackupAndRestore, ModelCheckpoint and TensorBoard. Requires only Eigen.
#include "lamina/activations/activation.hpp"
#include "lamina/autodiff/check_gradients.hpp"
#include "lamina/autodiff/derivatives.hpp"
#include "lamina/autodiff/gradient_tape.hpp"
#include "lamina/callbacks/callbacks.hpp"
#include "lamina/constraints/constraints.hpp"
#include "lamina/initializers/initializers.hpp"
#include "lamina/layers/layers.hpp"
#include "lamina/losses/losses.hpp"
#include "lamina/metrics/metrics.hpp"
#include "lamina/models/models.hpp"
#include "lamina/ops/ops.hpp"
#include "lamina/optimizers/optimizers.hpp"
#include "lamina/regularizers/regularizers.hpp"
#include "lamina/training/training.hpp"
#include "lamina/version.hpp"
