#pragma once
// Declares what a header needs that only passes these on: `lamina::Tensor<float>`, with the scalar written out.
#include <cstddef>

namespace lamina {

using Index = std::ptrdiff_t;
class Shape;
class Config;
class RandomStream;
class Error;

template <class Scalar>
class Tensor;
template <class Scalar>
class Variable;
template <class Scalar>
class GradientTape;
template <class Scalar>
class Activation;
template <class Scalar>
class Layer;
template <class Scalar>
class Model;
template <class Scalar>
class Sequential;
template <class Scalar>
class Loss;
template <class Scalar>
class Metric;
template <class Scalar>
class Optimizer;
class History;

}  // namespace lamina
