#pragma once
// Forward declarations, for headers that use these types only by reference or pointer. Default template arguments are
// not declared: write `lamina::Tensor<float>`.
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
