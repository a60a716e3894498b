#pragma once
// Every layer.
#include "lamina/layers/activation.hpp"
#include "lamina/layers/dense.hpp"
#include "lamina/layers/dropout.hpp"
#include "lamina/layers/flatten.hpp"
#include "lamina/layers/input.hpp"
#include "lamina/layers/lambda.hpp"
#include "lamina/layers/layer.hpp"
#include "lamina/layers/reshape.hpp"
#include "lamina/layers/simple_dense.hpp"
