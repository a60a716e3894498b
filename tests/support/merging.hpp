#pragma once
#include <functional>
#include "support/check_gradient.hpp"
#include "support/expect.hpp"

namespace lamina::testing::merging {

inline const Tensor<double> a{{1., -2., 3.}, {0.5, 4., -1.}}, b{{2., -3., 1.}, {4., 0.25, -1.5}},
    c{{-1., 5., 2.}, {2., 2., 2.}};

inline const auto tensor_of = [](const Shape& shape, std::uint64_t seed) { return expect::scattered(shape, seed); };

}  // namespace lamina::testing::merging
