#pragma once
// All of lamina but the headers that need more than Eigen.
#include "lamina/activations/activation.hpp"
#include "lamina/autodiff/gradient_tape.hpp"
#include "lamina/constraints/constraints.hpp"
#include "lamina/initializers/initializers.hpp"
#include "lamina/layers/layers.hpp"
#include "lamina/losses/losses.hpp"
#include "lamina/metrics/metrics.hpp"
#include "lamina/models/models.hpp"
#include "lamina/ops/ops.hpp"
#include "lamina/optimizers/optimizers.hpp"
#include "lamina/regularizers/regularizers.hpp"
#include "lamina/version.hpp"
