#pragma once
// Every differentiable operation.
#include "lamina/ops/arithmetic.hpp"
#include "lamina/ops/broadcasting.hpp"
#include "lamina/ops/custom_gradient.hpp"
#include "lamina/ops/dense.hpp"
#include "lamina/ops/map.hpp"
#include "lamina/ops/math.hpp"
#include "lamina/ops/matmul.hpp"
#include "lamina/ops/random.hpp"
#include "lamina/ops/reductions.hpp"
#include "lamina/ops/shaping.hpp"
#include "lamina/ops/softmax.hpp"
