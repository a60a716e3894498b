#pragma once
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "lamina/core/classify.hpp"
#include "lamina/kernels/simd/simd.hpp"
#include "lamina/kernels/softmax.hpp"
#include "lamina/ops/arithmetic.hpp"
#include "lamina/ops/logic.hpp"
#include "lamina/ops/lookup.hpp"
#include "lamina/ops/shaping.hpp"
#include "lamina/ops/softmax.hpp"

namespace lamina::detail {

/// Connectionist temporal classification of one sequence: the total probability of all alignments of the labels with
/// the time steps, and its gradient, by the forward-backward algorithm in log space (Graves et al., 2006).
class CtcAlignments {
 public:
  // Stands for log 0. Finite, because -ffast-math lets compilers assume that no number is infinite; so large that
  // adding a log-probability does not change it.
  static constexpr double impossible = -1e300;
  static bool is_possible(double log_p) noexcept { return log_p > -1e299; }

  /// The states of one sequence: blank, first label, blank, second label, ..., blank. Zeros after the last label are
  /// padding. Throws ValueError for a label that is not a class, or a label after a 0.
  template <class S>
  CtcAlignments(const S* labels, Index count, Index classes, Index sample) {
    states_.push_back(0);
    bool ended = false;
    for (Index i = 0; i < count; ++i) {
      const S label = labels[i];
      if (!is_index(label, classes)) [[unlikely]]
        raise<ValueError>("CTC: label ", static_cast<double>(label), " of sample ", sample,
                          " is not a class: expected an integer from 1 to ", classes - 1,
                          ", or 0 (padding) after the last label.");
      if (label == 0) {
        ended = true;
        continue;
      }
      if (ended)
        raise<ValueError>("CTC: expected 0 only after the last label, got label ", static_cast<double>(label),
                          " after a 0 in sample ", sample, ". 0 is the blank and pads the end of a sequence.");
      states_.push_back(static_cast<Index>(label));
      states_.push_back(0);
    }
  }

  /// Number of states: 2 labels + 1.
  Index size() const noexcept { return static_cast<Index>(states_.size()); }
  /// The class of each state; 0 for a blank.
  const std::vector<Index>& states() const noexcept { return states_; }
  /// Returns whether state s may follow state s - 2: different labels need no blank between them.
  bool may_skip(Index s) const noexcept { return s >= 2 && state(s) != 0 && state(s) != state(s - 2); }

  /// Returns the log-probability of the labels, given log-probabilities (time, classes); `impossible` if the labels
  /// have no alignment with the time steps.
  double forward(const double* log_p, Index time, Index classes) {
    const Index n = size();
    alpha_.assign(static_cast<std::size_t>((time > 0 ? time : 1) * n), impossible);
    if (time == 0) return n == 1 ? 0.0 : impossible;
    double* first = alpha_.data();
    for (Index s = 0; s < 2 && s < n; ++s) first[s] = log_p[state(s)];
    for (Index t = 1; t < time; ++t) {
      const double* before = alpha_.data() + (t - 1) * n;
      double* now = alpha_.data() + t * n;
      for (Index s = 0; s < n; ++s) {
        double sum = before[s];
        if (s >= 1) sum = log_add(sum, before[s - 1]);
        if (may_skip(s)) sum = log_add(sum, before[s - 2]);
        now[s] = sum + log_p[t * classes + state(s)];
      }
    }
    const double* last = alpha_.data() + (time - 1) * n;
    return n == 1 ? last[0] : log_add(last[n - 1], last[n - 2]);
  }

  /// Subtracts from `gradient` (time, classes) the posterior probability of each class at each time step, given the
  /// labels. Call `forward` first; `total` is its result.
  template <class S>
  void subtract_posterior(const double* log_p, Index time, Index classes, double total, S* gradient) {
    const Index n = size();
    std::vector<double> beta(static_cast<std::size_t>(n), impossible), next(beta);
    beta[static_cast<std::size_t>(n - 1)] = 0;
    if (n > 1) beta[static_cast<std::size_t>(n - 2)] = 0;
    for (Index t = time; t-- > 0;) {
      const double* alpha = alpha_.data() + t * n;
      for (Index s = 0; s < n; ++s) {
        const double posterior = alpha[s] + beta[static_cast<std::size_t>(s)] - total;
        if (is_possible(posterior)) gradient[t * classes + state(s)] -= static_cast<S>(std::exp(posterior));
      }
      const auto leave = [&](Index s) { return beta[static_cast<std::size_t>(s)] + log_p[t * classes + state(s)]; };
      for (Index s = 0; s < n; ++s) {
        double sum = leave(s);
        if (s + 1 < n) sum = log_add(sum, leave(s + 1));
        if (s + 2 < n && may_skip(s + 2)) sum = log_add(sum, leave(s + 2));
        next[static_cast<std::size_t>(s)] = sum;
      }
      beta.swap(next);
    }
  }

 private:
  Index state(Index s) const noexcept { return states_[static_cast<std::size_t>(s)]; }
  static double log_add(double a, double b) noexcept {
    if (a < b) std::swap(a, b);
    return is_possible(b) ? a + std::log1p(std::exp(b - a)) : a;
  }
  std::vector<Index> states_;
  std::vector<double> alpha_;
};

/// Writes x - log(sum e^x) for each of the rows of x (rows, n), in double precision.
template <class S>
void log_probabilities(const S* x, Index rows, Index n, double* out) {
  for (Index r = 0; r < rows; ++r) {
    const S* from = x + r * n;
    double largest = static_cast<double>(from[0]), sum = 0;
    for (Index j = 1; j < n; ++j)
      if (static_cast<double>(from[j]) > largest) largest = static_cast<double>(from[j]);
    for (Index j = 0; j < n; ++j) sum += std::exp(static_cast<double>(from[j]) - largest);
    const double log_sum = largest + std::log(sum);
    for (Index j = 0; j < n; ++j) out[r * n + j] = static_cast<double>(from[j]) - log_sum;
  }
}

/// The CTC loss composed of recorded operations, one time step after another; used for higher-order gradients.
template <class S>
Tensor<S> ctc_composed(const Tensor<S>& labels, const Tensor<S>& x) {
  const Index time = x.shape()[1], classes = x.shape()[2];
  const Tensor<S> log_p = log_softmax(x), none(S(-1e30));
  std::vector<Tensor<S>> losses;
  for (Index b = 0; b < x.shape()[0]; ++b) {
    const CtcAlignments alignments(labels.data() + b * labels.columns(), labels.columns(), classes, b);
    const Index n = alignments.size();
    const Tensor<S> rows = reshape_to(slice(log_p, {b, 0, 0}, {1, time, classes}), {time, classes});
    const Tensor<S> emitted = gather(rows, alignments.states(), 1);  // (time, states)
    Tensor<S> start = Tensor<S>::zeros({1, n}), skips = Tensor<S>::zeros({1, n});
    for (Index s = 0; s < n; ++s) {
      TensorAccess::data(start)[s] = s < 2 ? S(0) : S(-1e30);
      TensorAccess::data(skips)[s] = alignments.may_skip(s) ? S(1) : S(0);
    }
    const auto moved = [&](const Tensor<S>& a, Index by) {
      const Tensor<S> front = Tensor<S>::full({1, (std::min)(by, n)}, S(-1e30));
      return n <= by ? front : lamina::concatenate(1, front, slice(a, {0, 0}, {1, n - by}));
    };
    Tensor<S> alpha = start + slice(emitted, {0, 0}, {1, n});
    for (Index t = 1; t < time; ++t) {
      const Tensor<S> ways = lamina::concatenate(0, alpha, moved(alpha, 1), where(skips, moved(alpha, 2), none));
      alpha = lamina::logsumexp(ways, 0) + slice(emitted, {t, 0}, {1, n});
    }
    const Index ends = (std::min)(n, Index(2));
    losses.push_back(reshape_to(-lamina::logsumexp(slice(alpha, {0, n - ends}, {1, ends})), {1}));
  }
  return lamina::concatenate(losses, 0);
}

/// y = -log P(labels | x) for each sample; labels (batch, max_labels), logits x (batch, time, classes), y (batch,);
/// class 0 is the blank. y is infinity and its gradient 0 if the labels have no alignment. Gradient: dx = dy
/// (softmax(x) - posterior), where posterior[t, c] is the probability of class c at time t, given the labels.
template <class S>
Tensor<S> ctc(const Tensor<S>& labels, const Tensor<S>& x) {
  const Index batch = x.shape()[0], time = x.shape()[1], classes = x.shape()[2], each = time * classes;
  Tensor<S> y = Tensor<S>::empty({batch});
  S* out = TensorAccess::data(y);
  Tensor<S> slopes;
  Recording<S> tape{y, x};
  if (tape && tape.higher_orders() && batch > 0 && time > 0) return ctc_composed(labels, x);
  if (tape) {
    slopes = Tensor<S>::empty(x.shape());
    if (classes > 0) kernels::softmax(batch * time, classes, x.data(), TensorAccess::data(slopes));
  }
  std::vector<double> log_p(static_cast<std::size_t>(each));
  for (Index b = 0; b < batch; ++b) {
    CtcAlignments alignments(labels.data() + b * labels.columns(), labels.columns(), classes, b);
    log_probabilities(x.data() + b * each, time, classes, log_p.data());
    const double total = alignments.forward(log_p.data(), time, classes);
    if (CtcAlignments::is_possible(total) || is_nan(total))
      out[b] = static_cast<S>(-total);
    else
      kernels::Pack<S, 1>::infinity().store(out + b);
    if (!slopes.defined()) continue;
    S* slope = TensorAccess::data(slopes) + b * each;
    if (CtcAlignments::is_possible(total)) {
      alignments.subtract_posterior(log_p.data(), time, classes, total, slope);
    } else {
      for (Index i = 0; i < each; ++i) slope[i] = S(0);
    }
  }
  if (tape)
    tape.gradient([slopes](const Tensor<S>& dy, Gradients<S>& g) {
      g.add(0, multiply(slopes, reshape_to(dy, {dy.size(), 1, 1})));
    });
  return y;
}

LAMINA_COMPILED_FUNCTION(ctc);

}  // namespace lamina::detail
