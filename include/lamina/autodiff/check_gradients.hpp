#pragma once
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "lamina/autodiff/gradient_tape.hpp"
#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/core/random.hpp"

namespace lamina {

/// Options of `check_gradients`.
struct GradientCheckOptions {
  /// If true, also compares the second-order gradient, by nested tapes, with differences of the gradient. Default:
  /// false.
  bool second_order = false;
  double tolerance = 1e-6;  ///< Largest relative error (absolute error for values below 1); >= 0. Default: 1e-6.
  double step = 1e-5;       ///< Step of the finite differences; > 0. Default: 1e-5.
  std::uint64_t seed = 1;   ///< Seed of the random weights that reduce the output to a number. Default: 1.
};

/// The result of `check_gradients`. Converts to true if all gradients are correct.
struct GradientCheck {
  std::string problem;       ///< Description of the first wrong gradient; empty if there is none.
  double largest_error = 0;  ///< The largest relative error.
  /// True if all gradients are correct.
  explicit operator bool() const noexcept { return problem.empty(); }
};

namespace detail {

/// Implements check_gradients. Evaluates the function with every input element moved by a step. T is double: the class
/// is a template so that it is compiled only where it is used.
template <class T>
class GradientChecker {
 public:
  using Values = std::vector<Tensor<T>>;
  GradientChecker(const GradientCheckOptions& options) : options_(options) {  // NOLINT
    check_not_negative(options.tolerance, "tolerance", "check_gradients");
    check_positive(options.step, "step", "check_gradients");
  }

  template <class F>
  GradientCheck run(const F& f, Values inputs) {
    const Tensor<T> weights = random(evaluate(f, inputs).shape(), options_.seed);
    const auto loss = [&](const Values& x) { return weighted(evaluate(f, x), weights); };
    if (!move_off_kinks(loss, inputs)) return std::move(result_);
    Values watched = inputs;
    const Values first = gradients_of(f, watched, weights);
    if (compare(loss, inputs, first, "gradient") && options_.second_order) second_order(f, inputs, weights, first);
    return std::move(result_);
  }

 private:
  /// Calls `f` with one to four tensors, or with a vector of tensors.
  template <class F>
  static Tensor<T> evaluate(const F& f, const Values& x) {
    using One = const Tensor<T>&;
    if constexpr (std::is_invocable_v<const F&, One, One, One, One>)
      return f(x.at(0), x.at(1), x.at(2), x.at(3));
    else if constexpr (std::is_invocable_v<const F&, One, One, One>)
      return f(x.at(0), x.at(1), x.at(2));
    else if constexpr (std::is_invocable_v<const F&, One, One>)
      return f(x.at(0), x.at(1));
    else if constexpr (std::is_invocable_v<const F&, One>)
      return f(x.at(0));
    else
      return f(x);
  }
  static Tensor<T> random(const Shape& shape, std::uint64_t seed) {
    const RandomStream stream(seed, 0);
    Tensor<T> result = Tensor<T>::empty(shape);
    double* values = result.mutable_data();
    for (Index i = 0; i < result.size(); ++i) values[i] = 2 * stream.uniform(static_cast<std::uint64_t>(i)) - 1;
    return result;
  }
  static double weighted(const Tensor<T>& y, const Tensor<T>& weights) {
    double total = 0;
    for (Index i = 0; i < y.size(); ++i) total += y[i] * weights[i];
    return total;
  }
  static Tensor<T> moved(const Tensor<T>& x, Index element, double by) {
    Tensor<T> result = x.copy();
    result.mutable_data()[element] += by;
    return result;
  }
  static double scale(double a, double b) { return std::fmax(1.0, std::fmax(std::fabs(a), std::fabs(b))); }
  /// Returns the index of element `i`, such as (1, 0, 2).
  static Shape position(Shape shape, Index i) {
    for (Index axis = shape.rank(); axis-- > 0;) {
      const Index size = shape[axis];
      shape[axis] = i % size;
      i /= size;
    }
    return shape;
  }
  bool fail(std::string problem) {
    result_.problem = std::move(problem);
    return false;
  }

  /// Moves input elements away from kinks of `loss`, where its one-sided differences disagree.
  template <class Loss>
  bool move_off_kinks(const Loss& loss, Values& x) {
    const double step = options_.step;
    for (std::size_t input = 0; input < x.size(); ++input)
      for (Index i = 0; i < x[input].size(); ++i)
        for (int attempt = 0;; ++attempt) {
          const Tensor<T> here = x[input];
          const double middle = loss(x);
          x[input] = moved(here, i, step);
          const double right = (loss(x) - middle) / step;
          x[input] = moved(here, i, -step);
          const double left = (middle - loss(x)) / step;
          x[input] = here;
          if (std::fabs(right - left) <= 0.01 * scale(right, left)) break;
          if (attempt == 8)
            return fail(text("input ", input, ", element ", position(here.shape(), i),
                             ": expected a smooth point nearby, got one-sided differences ", left, " and ", right));
          x[input] = moved(here, i, 0.0371 * (attempt + 1));
        }
    return true;
  }

  /// Compares gradients with central differences of `loss`, for every input element.
  template <class Loss>
  bool compare(const Loss& loss, Values x, const Values& gradients, const char* what) {
    for (std::size_t input = 0; input < x.size(); ++input) {
      const Tensor<T> here = x[input];
      const Tensor<T>& gradient = gradients[input];
      if (gradient.defined() && gradient.shape() != here.shape())
        return fail(
            text(what, " of input ", input, ": expected the input's shape ", here.shape(), ", got ", gradient.shape()));
      for (Index i = 0; i < here.size(); ++i) {
        x[input] = moved(here, i, options_.step);
        const double right = loss(x);
        x[input] = moved(here, i, -options_.step);
        const double expected = (right - loss(x)) / (2 * options_.step);
        const double found = gradient.defined() ? gradient[i] : 0;
        const double error = std::fabs(found - expected) / scale(found, expected);
        if (error > result_.largest_error) result_.largest_error = error;
        if (!at_most(error, options_.tolerance))
          return fail(text(what, " of input ", input, ", element ", position(here.shape(), i), ": expected ", expected,
                           " by central differences, got ", found, "; relative error ", error));
      }
      x[input] = here;
    }
    return true;
  }

  /// Returns the gradients of sum(f(x) * weights), zeros for inputs without one. An outer tape that watches x records
  /// them.
  template <class F>
  static Values gradients_of(const F& f, Values& x, const Tensor<T>& weights) {
    GradientTape<T> tape;
    for (Tensor<T>& t : x) tape.watch(t);
    const Tensor<T> y = evaluate(f, x);
    Values gradients = tape.gradient(y, x, weights);
    for (std::size_t i = 0; i < x.size(); ++i)
      if (!gradients[i].defined()) gradients[i] = Tensor<T>::zeros(x[i].shape());
    return gradients;
  }

  template <class F>
  bool second_order(const F& f, const Values& x, const Tensor<T>& weights, const Values& first) {
    Values directions;
    for (std::size_t i = 0; i < x.size(); ++i) directions.push_back(random(x[i].shape(), options_.seed + 1000 + i));
    const auto slope = [&](const Values& at) {
      Values here = at;
      const Values gradients = gradients_of(f, here, weights);
      double total = 0;
      for (std::size_t i = 0; i < here.size(); ++i) total += weighted(gradients[i], directions[i]);
      return total;
    };
    GradientTape<T> outer({.persistent = true});
    Values watched = x;
    for (Tensor<T>& t : watched) outer.watch(t);
    const Values gradients = gradients_of(f, watched, weights);
    Values second;
    for (std::size_t i = 0; i < x.size(); ++i) {
      for (Index e = 0; e < first[i].size(); ++e)
        if (is_nan(gradients[i][e]) || !at_most(std::fabs(gradients[i][e] - first[i][e]),
                                                options_.tolerance * scale(gradients[i][e], first[i][e])))
          return fail(text("gradient of input ", i, ", element ", e, ": expected ", first[i][e],
                           " also under an outer tape, got ", gradients[i][e]));
      second.push_back(Tensor<T>::zeros(x[i].shape()));
    }
    for (std::size_t g = 0; g < x.size(); ++g) {
      const Values parts = outer.gradient(gradients[g], watched, directions[g]);
      for (std::size_t i = 0; i < x.size(); ++i)
        if (parts[i].defined()) second[i].mutable_array() += parts[i].array();
    }
    return compare(slope, x, second, "second-order gradient");
  }

  GradientCheckOptions options_;
  GradientCheck result_;
};

}  // namespace detail

/// Compares the gradients of `f` at `inputs` with central differences. `f` takes one double tensor per input, up to
/// four, or a vector of all, and returns a tensor of any shape. Inputs at a kink of `f` are moved by a small amount.
/// Throws ValueError for invalid options.
///
///     const GradientCheck check = check_gradients([](const auto& a, const auto& b) { return a * b; }, {a, b});
///     if (!check) std::puts(check.problem.c_str());
template <class F>
GradientCheck check_gradients(const F& f, const std::vector<Tensor<double>>& inputs,
                              const GradientCheckOptions& options = {}) {
  return detail::GradientChecker<double>(options).run(f, inputs);
}

}  // namespace lamina
