#pragma once
#include <algorithm>
#include <utility>
#include <vector>

#include "lamina/autodiff/stack.hpp"
#include "lamina/autodiff/variable.hpp"
#include "lamina/core/list.hpp"

namespace lamina {

namespace detail {
template <class, class, std::size_t>
class Checkpoint;
}

struct TapeOptions {
  bool persistent = false;  ///< `gradient` may be called more than once; what was saved is kept until the tape ends
};

/// Records what is computed while it lives, and gives the gradients of it. TensorFlow's GradientTape.
///
/// Trainable variables are watched by themselves, other tensors with `watch`. Tapes nest: the gradient that an inner
/// tape computes is recorded by the outer one and can be differentiated again. A tape belongs to the scope and the
/// thread that made it. Memory saved for the backward pass is given back as `gradient` goes along (unless the tape is
/// persistent, or an outer one records, too).
///
///     GradientTape tape;
///     Tensor loss = mean(square(model(x) - y));
///     optimizer.apply_gradients(tape.gradient(loss, model.trainable_variables()), model.trainable_variables());
template <class Scalar = float>
class GradientTape {
 public:
  explicit GradientTape(TapeOptions options = {})
      : recorder_(detail::Recorder<Scalar>::of_this_thread().open_tape()),
        start_(recorder_.next()),
        link_(recorder_.link()),
        alone_(recorder_.recording() == 1),
        persistent_(options.persistent) {
    if (recorder_.depth() > 1) [[unlikely]]
      memory_before_ = recorder_.mark();
  }
  ~GradientTape() {
    if (recorder_.depth() > 1 && alone_) [[unlikely]]
      recorder_.close_tape(link_, memory_before_);
    else
      recorder_.close_tape();
  }
  GradientTape(const GradientTape&) = delete;
  GradientTape& operator=(const GradientTape&) = delete;

  /// From here on operations on `t` (this handle and copies of it) are recorded.
  void watch(Tensor<Scalar>& t) {
    if (!recorder_.watches(t)) detail::TensorAccess::set_trace(t, recorder_.new_leaf());
  }

  /// d target / d source, of the sum over the target's elements, or of sum(target * output_gradient) where one is
  /// given. Undefined (`!gradient.defined()`) where the target does not depend on the source.
  Tensor<Scalar> gradient(const Tensor<Scalar>& target, const Tensor<Scalar>& source,
                          const Tensor<Scalar>& output_gradient = detail::no_tensor<Scalar>) {
    Tensor<Scalar> result;
    run(&target, if_given(output_gradient), 1, &source, &result, 1);
    return result;
  }
  Tensor<Scalar> gradient(const Tensor<Scalar>& target, const Variable<Scalar>& source,
                          const Tensor<Scalar>& output_gradient = detail::no_tensor<Scalar>) {
    Tensor<Scalar> result;
    run(&target, if_given(output_gradient), 1, &source, &result, 1);
    return result;
  }
  std::vector<Tensor<Scalar>> gradient(const Tensor<Scalar>& target, const std::vector<Variable<Scalar>>& sources,
                                       const Tensor<Scalar>& output_gradient = detail::no_tensor<Scalar>) {
    std::vector<Tensor<Scalar>> results;
    gradient_into(results, target, sources, output_gradient);
    return results;
  }
  std::vector<Tensor<Scalar>> gradient(const Tensor<Scalar>& target, const std::vector<Tensor<Scalar>>& sources,
                                       const Tensor<Scalar>& output_gradient = detail::no_tensor<Scalar>) {
    std::vector<Tensor<Scalar>> results;
    gradient_into(results, target, sources, output_gradient);
    return results;
  }
  /// The same of several targets together, in one pass: of the sum over all of them, each with its output gradient.
  /// Undefined targets are left out; an undefined output gradient means ones.
  template <class Source>
  std::vector<Tensor<Scalar>> gradient(const std::vector<Tensor<Scalar>>& targets, const std::vector<Source>& sources,
                                       const std::vector<Tensor<Scalar>>& output_gradients = {}) {
    std::vector<Tensor<Scalar>> results;
    gradient_into(results, targets, sources, output_gradients);
    return results;
  }
  /// The same into a vector that is used again, so that a repeated step allocates nothing.
  template <class Source>
  void gradient_into(std::vector<Tensor<Scalar>>& results, const Tensor<Scalar>& target,
                     const std::vector<Source>& sources,
                     const Tensor<Scalar>& output_gradient = detail::no_tensor<Scalar>) {
    if (results.size() != sources.size()) results.resize(sources.size());
    run(&target, if_given(output_gradient), 1, sources.data(), results.data(), sources.size());
  }
  template <class Source>
  void gradient_into(std::vector<Tensor<Scalar>>& results, const std::vector<Tensor<Scalar>>& targets,
                     const std::vector<Source>& sources, const std::vector<Tensor<Scalar>>& output_gradients = {}) {
    if (!output_gradients.empty() && output_gradients.size() != targets.size())
      raise<ValueError>("GradientTape, gradient: expected an output gradient for each of the ", targets.size(),
                        " targets, got ", output_gradients.size());
    if (results.size() != sources.size()) results.resize(sources.size());
    run(targets.data(), output_gradients.empty() ? nullptr : output_gradients.data(), targets.size(), sources.data(),
        results.data(), sources.size());
  }

  /// d target[i] / d source[j], for every element of the target: one backward pass each, of what the tape has recorded
  /// once. Shape: the target's, then the source's, together at most 8 axes. Undefined where the target does not depend
  /// on the source. TensorFlow's GradientTape.jacobian.
  Tensor<Scalar> jacobian(const Tensor<Scalar>& target, const Tensor<Scalar>& source) {
    Tensor<Scalar> result;
    jacobian_into(&result, target, &source, 1, false);
    return result;
  }
  Tensor<Scalar> jacobian(const Tensor<Scalar>& target, const Variable<Scalar>& source) {
    Tensor<Scalar> result;
    jacobian_into(&result, target, &source, 1, false);
    return result;
  }
  template <class Source>
  std::vector<Tensor<Scalar>> jacobian(const Tensor<Scalar>& target, const std::vector<Source>& sources) {
    std::vector<Tensor<Scalar>> results(sources.size());
    jacobian_into(results.data(), target, sources.data(), sources.size(), false);
    return results;
  }
  /// The Jacobian of every sample by itself, where the samples, along the first axis of both, do not depend on each
  /// other: d target[b, i] / d source[b, j], in as many backward passes as one sample of the target has elements.
  /// Shapes: target (batch, i...), source (batch, j...); result (batch, i..., j...). TensorFlow's
  /// GradientTape.batch_jacobian.
  Tensor<Scalar> batch_jacobian(const Tensor<Scalar>& target, const Tensor<Scalar>& source) {
    if (target.rank() < 1 || source.rank() < 1 || target.shape()[0] != source.shape()[0])
      raise<ShapeError>("GradientTape, batch_jacobian: expected a target and a source with the same number of samples ",
                        "along their first axes, got shapes ", target.shape(), " and ", source.shape());
    Tensor<Scalar> result;
    jacobian_into(&result, target, &source, 1, true);
    return result;
  }

 private:
  template <class, class, std::size_t>
  friend class detail::Checkpoint;
  using Node = detail::Node<Scalar>;
  using Need = detail::Need;
  static constexpr std::size_t nowhere = Gradients<Scalar>::nowhere;

  static const Tensor<Scalar>* if_given(const Tensor<Scalar>& output_gradient) noexcept {
    return output_gradient.defined() ? &output_gradient : nullptr;
  }
  // The numbers that values have, or had on tapes that have ended.
  std::uint64_t trace_of(const Tensor<Scalar>& t) const { return detail::TensorAccess::trace(t); }
  std::uint64_t trace_of(const Variable<Scalar>& v) const { return recorder_.last_leaf_of(v.number(), v.serial()); }

  template <class Source>
  void jacobian_into(Tensor<Scalar>* results, const Tensor<Scalar>& target, const Source* sources, std::size_t count,
                     bool by_sample) {
    const Index outer = by_sample ? target.shape()[0] : 1;
    Index passes = 1;
    for (Index axis = by_sample ? 1 : 0; axis < target.rank(); ++axis) passes *= target.shape()[axis];
    List<detail::StackLayout> layouts;
    for (std::size_t s = 0; s < count; ++s) {
      const Shape& shape = sources[s].shape();
      Shape whole = target.shape();
      if (target.rank() + shape.rank() - (by_sample ? 1 : 0) > Shape::max_rank)
        raise<ShapeError>("GradientTape, jacobian: a target of shape ", target.shape(), " and a source of shape ",
                          shape, " have more than ", Shape::max_rank, " axes together. Reshape one of them first.");
      for (Index axis = by_sample ? 1 : 0; axis < shape.rank(); ++axis) whole.push_back(shape[axis]);
      layouts.push_back({outer, passes, whole, shape});
      results[s] = target.size() == 0 ? Tensor<Scalar>::zeros(whole) : Tensor<Scalar>();
    }
    if (target.size() == 0) return;

    const bool recorded = recorder_.recording() > 1;  // by outer tapes
    std::vector<Tensor<Scalar>> rows(count), kept(recorded ? count * static_cast<std::size_t>(passes) : 0);
    Tensor<Scalar> seed = Tensor<Scalar>::zeros(target.shape());
    for (Index i = 0; i < passes; ++i) {
      Scalar* one_hot = seed.mutable_data();
      for (Index o = 0; o < outer; ++o) {
        if (i > 0) one_hot[o * passes + i - 1] = Scalar(0);
        one_hot[o * passes + i] = Scalar(1);
      }
      run(&target, &seed, 1, sources, rows.data(), count, i + 1 < passes);
      for (std::size_t s = 0; s < count; ++s) {
        if (!rows[s].defined()) continue;
        if (!results[s].defined()) results[s] = Tensor<Scalar>::zeros(layouts[s].whole);
        layouts[s].copy_in(rows[s], i, results[s]);
        if (recorded) kept[s * static_cast<std::size_t>(passes) + static_cast<std::size_t>(i)] = rows[s];
      }
    }
    for (std::size_t s = 0; recorded && s < count; ++s)
      if (results[s].defined())
        detail::record_stack(results[s], kept.data() + s * static_cast<std::size_t>(passes), layouts[s]);
  }

  void check_output_gradient(const Tensor<Scalar>& target, const Tensor<Scalar>& output_gradient) const {
    if (output_gradient.defined() && target.defined() && output_gradient.shape() != target.shape()) [[unlikely]]
      raise<ShapeError>("GradientTape, gradient: the output gradient has shape ", output_gradient.shape(),
                        ", expected the target's ", target.shape());
  }

  /// What a traversal begins with: the output gradient that is given for a target, or ones.
  LAMINA_NOINLINE static void begin_with(Gradients<Scalar>& g, std::size_t place, const Tensor<Scalar>& target,
                                         const Tensor<Scalar>* output_gradient) {
    static constexpr Scalar one(1);  // where losses begin: no memory is taken for it
    const bool given = output_gradient != nullptr && output_gradient->defined();
    if (!given && target.rank() == 0 && !g.slots_[place].defined())
      ::new (&g.slots_[place]) Tensor<Scalar>(Tensor<Scalar>::view(&one, {}));
    else
      g.add_to(place, given ? Tensor<Scalar>(*output_gradient) : Tensor<Scalar>::ones(target.shape()));
  }

  /// `more`: this traversal is not the last, whatever the tape's options say.
  template <class Source>
  void run(const Tensor<Scalar>* targets, const Tensor<Scalar>* output_gradients, std::size_t target_count,
           const Source* asked, Tensor<Scalar>* results, std::size_t count, bool more = false) {
    if (used_ && !persistent_)
      raise<StateError>(
          "GradientTape, gradient: this tape has given its gradient and let go of what it saved. Ask once for all "
          "sources, or "
          "make the tape persistent: GradientTape tape({.persistent = true}).");
    for (std::size_t i = 0; output_gradients != nullptr && i < target_count; ++i)
      check_output_gradient(targets[i], output_gradients[i]);
    used_ = !more;
    // What an outer tape records is let go of by that one.
    const bool release = !persistent_ && !more && alone_ && recorder_.recording() == 1;
    Traversal traversal(recorder_);
    auto& scratch = traversal.scratch;
    const auto own_count = static_cast<std::size_t>(recorder_.next() - start_);
    scratch.make_room(own_count + count);
    Tensor<Scalar>* gradient_slots = scratch.gradients.data();
    Need* needs = scratch.needs.data();
    std::size_t* places = scratch.places.data();
    std::uint64_t* outer = scratch.outer.data();
    Gradients<Scalar> g(start_, own_count, outer, gradient_slots, needs, release);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t trace = trace_of(asked[i]);
      std::size_t place = g.own_position(trace);
      if (place >= own_count) [[unlikely]]
        place = place_outside(g, trace, outer);
      places[i] = place;
      if (place != nowhere) [[likely]]
        needs[place] = Need::wanted;
    }

    Node* const begin = *link_;
    mark_dependents(begin, g);
    for (std::size_t i = 0; i < target_count; ++i) {
      const std::size_t place = g.position(trace_of(targets[i]));
      if (place == nowhere || needs[place] == Need::none) continue;
      begin_with(g, place, targets[i], output_gradients == nullptr ? nullptr : output_gradients + i);
    }
    if (begin != nullptr) pass_back(begin, recorder_.last_node(), g);
    if (release) recorder_.forget_released(link_);

    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t place = places[i];
      if (place == nowhere) {
        detail::TensorAccess::reset(results[i]);
      } else if (std::exchange(needs[place], Need::none) != Need::none) {
        detail::TensorAccess::hand_over(gradient_slots[place], results[i]);
      } else {  // asked for once more
        results[i] = results[std::find(places, places + i, place) - places];
      }
    }
    traversal.finished = true;
  }

  /// Of a value that is not the tape's own: behind those that are, if it was known before the tape began.
  std::size_t place_outside(Gradients<Scalar>& g, std::uint64_t trace, std::uint64_t* outer) const {
    if (!recorder_.knows(trace)) return nowhere;
    if (g.position_outside(trace) == nowhere) outer[g.outer_count_++] = trace;
    return g.position_outside(trace);
  }

  /// Forward: what depends on a source. A node's outputs lie side by side.
  static void mark_dependents(const Node* node, const Gradients<Scalar>& g) noexcept {
    for (; node != nullptr; node = node->next) {
      const std::uint64_t *input = node->input_traces(), *last_input = input + node->inputs;
      while (input != last_input && g.need(*input) == Need::none) ++input;
      if (input == last_input) continue;
      Need* mark = g.needs_ + g.own_position(node->first_output);
      for (Index k = 0; k < static_cast<Index>(node->outputs); ++k) {
        detail::one_by_one(k);
        if (mark[k] == Need::none) mark[k] = Need::passed_on;
      }
    }
  }

  /// Backward, in reverse order of computation: every value's gradient is complete before its node passes it on.
  LAMINA_NOINLINE static void pass_back(const Node* begin, Node* node, Gradients<Scalar>& g) {
    for (;; node = node->previous) {
      const std::size_t first = g.own_position(node->first_output);
      Tensor<Scalar>* const arrived = g.slots_ + first;
      g.node_ = node;
      g.arrived_ = arrived;
      std::uint32_t k = 0;
      while (!arrived[k].defined() && ++k != node->outputs) {
      }
      if (k != node->outputs && node->backward != nullptr) node->backward(node, g);

      Need* const mark = g.needs_ + first;
      k = 0;
      do {
        if (mark[k] == Need::wanted) continue;
        mark[k] = Need::none;
        if (arrived[k].defined()) detail::TensorAccess::reset(arrived[k]);
      } while (++k != node->outputs);
      if (g.last_time()) detail::Recorder<Scalar>::release(node);
      if (node == begin) return;
    }
  }

  // The tape does not record its own backward pass; outer tapes do. All of this ends as it should when a gradient
  // throws.
  struct Traversal {
    explicit Traversal(detail::Recorder<Scalar>& r) : recorder(r), scratch(r.enter_traversal()), paused(r.pause()) {}
    ~Traversal() {
      if (!finished) [[unlikely]]
        scratch.clear();
      recorder.restore(paused);
      recorder.leave_traversal();
    }
    Traversal(const Traversal&) = delete;
    Traversal& operator=(const Traversal&) = delete;
    detail::Recorder<Scalar>& recorder;
    typename detail::Recorder<Scalar>::Scratch& scratch;
    int paused;
    bool finished = false;
  };

  detail::Recorder<Scalar>& recorder_;
  std::uint64_t start_;  // the number of its first value
  Node** link_;          // where its first node is linked to
  bool alone_;           // the tapes around it, if any, were paused when it began
  bool persistent_;
  bool used_ = false;
  detail::Arena::Mark memory_before_;
};

namespace detail {

/// y = x, but a value of its own: what is derived by y is not what is derived by x;  dx = dy
template <class S>
Tensor<S> alias(const Tensor<S>& x) {
  Tensor<S> y = x.detached();
  if (Recording<S> tape{y, x}) tape.gradient([](Tensor<S>&& dy, Gradients<S>& g) { g.add(0, std::move(dy)); });
  return y;
}

LAMINA_COMPILED_FUNCTION(alias);
}  // namespace detail

LAMINA_COMPILED_CLASS(GradientTape);

}  // namespace lamina
