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

struct GradientCheckOptions {
  bool second_order =
      false;                ///< also the gradient's own gradient, by nested tapes, against differences of the gradient
  double tolerance = 1e-6;  ///< of the relative error; of the absolute one below 1
  double step = 1e-5;       ///< of the differences
  std::uint64_t seed = 1;   ///< of the weights that make one number of the output
};

/// What `check_gradients` found: true where all gradients are right, otherwise `problem` says which is not.
struct GradientCheck {
  std::string problem;
  double largest_error = 0;  ///< the largest relative error seen
  explicit operator bool() const noexcept { return problem.empty(); }
};

namespace detail {

/// The functions of check_gradients, every input moved element by element. T is double: a template is not compiled
/// where it is not used.
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
  /// `f` takes one to four tensors, or a vector of any number of them.
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
  /// Where element `i` lies: (1, 0, 2).
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

  /// Where one-sided differences of `loss` disagree it has a kink: such elements are moved away from it.
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
                             ": no smooth point near by; one-sided differences ", left, " and ", right));
          x[input] = moved(here, i, 0.0371 * (attempt + 1));
        }
    return true;
  }

  /// Gradients against central differences of `loss`, element by element.
  template <class Loss>
  bool compare(const Loss& loss, Values x, const Values& gradients, const char* what) {
    for (std::size_t input = 0; input < x.size(); ++input) {
      const Tensor<T> here = x[input];
      const Tensor<T>& gradient = gradients[input];
      if (gradient.defined() && gradient.shape() != here.shape())
        return fail(
            text(what, " of input ", input, ": shape ", gradient.shape(), ", expected the input's ", here.shape()));
      for (Index i = 0; i < here.size(); ++i) {
        x[input] = moved(here, i, options_.step);
        const double right = loss(x);
        x[input] = moved(here, i, -options_.step);
        const double expected = (right - loss(x)) / (2 * options_.step);
        const double found = gradient.defined() ? gradient[i] : 0;
        const double error = std::fabs(found - expected) / scale(found, expected);
        if (error > result_.largest_error) result_.largest_error = error;
        if (!at_most(error, options_.tolerance))
          return fail(text(what, " of input ", input, ", element ", position(here.shape(), i), ": tape ", found,
                           ", differences ", expected, ", relative error ", error));
      }
      x[input] = here;
    }
    return true;
  }

  /// The gradients of sum(f(x) weights), undefined ones as zeros. Where an outer tape watches x, recorded.
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
          return fail(text("gradient of input ", i, ", element ", e,
                           ", differs when an outer tape records it: ", gradients[i][e], " instead of ", first[i][e]));
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

/// Whether the tape's gradients of `f` at `inputs` are what central differences say. `f` takes as many double tensors
/// as there are inputs, up to four, or all of them in a vector, and returns a tensor of any shape. Inputs that lie on a
/// kink of `f` are moved a little.
///
///     const GradientCheck check = check_gradients([](const auto& a, const auto& b) { return a * b; }, {a, b});
///     if (!check) std::puts(check.problem.c_str());
template <class F>
GradientCheck check_gradients(const F& f, const std::vector<Tensor<double>>& inputs,
                              const GradientCheckOptions& options = {}) {
  return detail::GradientChecker<double>(options).run(f, inputs);
}

}  // namespace lamina
