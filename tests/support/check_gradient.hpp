#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <lamina/lamina.hpp>
#include <string>
#include <type_traits>
#include <vector>

#include "support/compare.hpp"

// Gradients against central differences, in double.

namespace lamina::testing {

struct GradientCheck {
  bool second_order = false;  ///< also d/dx of the gradient, by nested tapes, against differences of the gradient
  double tolerance = 1e-6;    ///< of the relative error; absolute below 1
  double step = 1e-5;
  std::uint64_t seed = 1;  ///< of the weights that make one number of the output
};

namespace detail {

using Values = std::vector<Tensor<double>>;

/// `f` takes one, two, three or four tensors, or a vector of any number of them.
template <class F>
Tensor<double> evaluate(const F& f, const Values& x) {
  using T = const Tensor<double>&;
  if constexpr (std::is_invocable_v<const F&, T, T, T, T>)
    return f(x.at(0), x.at(1), x.at(2), x.at(3));
  else if constexpr (std::is_invocable_v<const F&, T, T, T>)
    return f(x.at(0), x.at(1), x.at(2));
  else if constexpr (std::is_invocable_v<const F&, T, T>)
    return f(x.at(0), x.at(1));
  else if constexpr (std::is_invocable_v<const F&, T>)
    return f(x.at(0));
  else
    return f(x);
}

/// sum(y * weights), without a tape.
inline double weighted(const Tensor<double>& y, const Tensor<double>& weights) {
  double total = 0;
  for (Index i = 0; i < y.size(); ++i) total += y[i] * weights[i];
  return total;
}

inline Tensor<double> moved(const Tensor<double>& x, Index element, double by) {
  Tensor<double> result = x.copy();
  result.mutable_data()[element] += by;
  return result;
}

/// One-sided differences of `loss` disagree where it has a kink; such elements are moved away from it.
template <class Loss>
::testing::AssertionResult move_off_kinks(const Loss& loss, Values& x, double step) {
  for (std::size_t input = 0; input < x.size(); ++input)
    for (Index i = 0; i < x[input].size(); ++i)
      for (int attempt = 0;; ++attempt) {
        const Tensor<double> here = x[input];
        const double middle = loss(x);
        x[input] = moved(here, i, step);
        const double right = (loss(x) - middle) / step;
        x[input] = moved(here, i, -step);
        const double left = (middle - loss(x)) / step;
        x[input] = here;
        if (std::fabs(right - left) <= 0.01 * std::max({1.0, std::fabs(right), std::fabs(left)})) break;
        if (attempt == 8)
          return ::testing::AssertionFailure()
                 << "input " << input << ", element " << position_text(here.shape(), i)
                 << ": no smooth point near by; one-sided differences " << left << " and " << right;
        x[input] = moved(here, i, 0.0371 * (attempt + 1));
      }
  return ::testing::AssertionSuccess();
}

/// The gradients found against central differences of `loss`, element by element.
template <class Loss>
::testing::AssertionResult compare_with_differences(const Loss& loss, Values x, const Values& gradients,
                                                    const GradientCheck& check, const char* what) {
  for (std::size_t input = 0; input < x.size(); ++input) {
    const Tensor<double> here = x[input];
    if (gradients[input].defined() && gradients[input].shape() != here.shape())
      return ::testing::AssertionFailure()
             << what << " of input " << input << ": shape " << gradients[input].shape().to_string() << ", expected "
             << here.shape().to_string();
    for (Index i = 0; i < here.size(); ++i) {
      x[input] = moved(here, i, check.step);
      const double right = loss(x);
      x[input] = moved(here, i, -check.step);
      const double expected = (right - loss(x)) / (2 * check.step);
      const double found = gradients[input].defined() ? gradients[input][i] : 0;
      const double error = std::fabs(found - expected) / std::max({1.0, std::fabs(found), std::fabs(expected)});
      if (!(error <= check.tolerance))
        return ::testing::AssertionFailure()
               << what << " of input " << input << ", element " << position_text(here.shape(), i) << ": tape " << found
               << ", differences " << expected << ", relative error " << error;
    }
    x[input] = here;
  }
  return ::testing::AssertionSuccess();
}

/// The first-order gradients of sum(f(x) weights), undefined ones as zeros. Where an outer tape watches x, recorded.
template <class F>
Values gradients_of(const F& f, Values& x, const Tensor<double>& weights) {
  GradientTape<double> tape;
  for (Tensor<double>& t : x) tape.watch(t);
  const Tensor<double> y = evaluate(f, x);
  Values gradients = tape.gradient(y, x, weights);
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!gradients[i].defined()) gradients[i] = Tensor<double>::zeros(x[i].shape());
  return gradients;
}

template <class F>
::testing::AssertionResult check_second_order(const F& f, const Values& x, const Tensor<double>& weights,
                                              const Values& first, const GradientCheck& check) {
  Values directions;
  for (std::size_t i = 0; i < x.size(); ++i) directions.push_back(random_tensor<double>(x[i].shape(), 1000 + i));
  const auto slope = [&](const Values& at) {
    Values here = at;
    const Values gradients = gradients_of(f, here, weights);
    double total = 0;
    for (std::size_t i = 0; i < here.size(); ++i) total += weighted(gradients[i], directions[i]);
    return total;
  };
  GradientTape<double> outer({.persistent = true});
  Values watched = x;
  for (Tensor<double>& t : watched) outer.watch(t);
  const Values gradients = gradients_of(f, watched, weights);
  Values second;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (const auto same = tensors_near(gradients[i], first[i], check.tolerance); !same)
      return ::testing::AssertionFailure()
             << "gradient of input " << i << " differs when an outer tape records it: " << same.message();
    second.push_back(Tensor<double>::zeros(x[i].shape()));
  }
  for (std::size_t g = 0; g < x.size(); ++g) {
    const Values parts = outer.gradient(gradients[g], watched, directions[g]);
    for (std::size_t i = 0; i < x.size(); ++i)
      if (parts[i].defined()) second[i].mutable_array() += parts[i].array();
  }
  return compare_with_differences(slope, x, second, check, "second-order gradient");
}

}  // namespace detail

/// Whether the tape's gradients of `f` at `inputs` are what central differences say. `f` takes as many tensors as there
/// are inputs, up to four, or all of them in a vector, and returns a tensor of any shape.
///
///     EXPECT_TRUE(check_gradient([](const auto& a, const auto& b) { return a * b; }, {a, b}));
template <class F>
::testing::AssertionResult check_gradient(const F& f, std::vector<Tensor<double>> inputs, GradientCheck check = {}) {
  const Tensor<double> weights = random_tensor<double>(detail::evaluate(f, inputs).shape(), check.seed);
  const auto loss = [&](const detail::Values& x) { return detail::weighted(detail::evaluate(f, x), weights); };
  if (const auto smooth = detail::move_off_kinks(loss, inputs, check.step); !smooth) return smooth;
  detail::Values watched = inputs;
  const detail::Values gradients = detail::gradients_of(f, watched, weights);
  const auto first = detail::compare_with_differences(loss, inputs, gradients, check, "gradient");
  if (!first || !check.second_order) return first;
  return detail::check_second_order(f, inputs, weights, gradients, check);
}

}  // namespace lamina::testing
