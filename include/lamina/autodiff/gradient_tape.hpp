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

/// Options of GradientTape.
struct TapeOptions {
  /// If true, `gradient` can be called more than once; saved tensors are kept until the tape is destroyed. Default:
  /// false.
  bool persistent = false;
};

/// Records operations for automatic differentiation, and computes gradients. TensorFlow: `tf.GradientTape`.
///
/// Trainable variables are watched automatically, other tensors after a call of `watch`. Tapes can be nested: an outer
/// tape records the gradient that an inner one computes, so that it can be differentiated again. A tape belongs to its
/// scope and thread. `gradient` frees the tensors saved for the backward pass as it goes, unless the tape is persistent
/// or an outer tape also records them.
///
///     GradientTape tape;
///     Tensor loss = mean(square(model(x) - y));
///     optimizer.apply_gradients(tape.gradient(loss, model.trainable_variables()), model.trainable_variables());
template <class Scalar = float>
class GradientTape {
 public:
  /// Starts recording.
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

  /// Records operations on `t` (this handle and later copies of it) from now on.
  void watch(Tensor<Scalar>& t) {
    if (!recorder_.watches(t)) detail::TensorAccess::set_trace(t, recorder_.new_leaf());
  }

  /// Returns d sum(target) / d source, or d sum(target * output_gradient) / d source if `output_gradient`, of the shape
  /// of the target, is defined. Shape: that of the source. Undefined (`!gradient.defined()`) if the target does not
  /// depend on the source. Throws StateError if the tape is not persistent and `gradient` was called before.
  Tensor<Scalar> gradient(const Tensor<Scalar>& target, const Tensor<Scalar>& source,
                          const Tensor<Scalar>& output_gradient = detail::no_tensor<Scalar>) {
    Tensor<Scalar> result;
    run(&target, if_given(output_gradient), 1, &source, &result, 1);
    return result;
  }
  /// The gradient with respect to a variable.
  Tensor<Scalar> gradient(const Tensor<Scalar>& target, const Variable<Scalar>& source,
                          const Tensor<Scalar>& output_gradient = detail::no_tensor<Scalar>) {
    Tensor<Scalar> result;
    run(&target, if_given(output_gradient), 1, &source, &result, 1);
    return result;
  }
  /// The gradients with respect to several variables, in one backward pass.
  std::vector<Tensor<Scalar>> gradient(const Tensor<Scalar>& target, const std::vector<Variable<Scalar>>& sources,
                                       const Tensor<Scalar>& output_gradient = detail::no_tensor<Scalar>) {
    std::vector<Tensor<Scalar>> results;
    gradient_into(results, target, sources, output_gradient);
    return results;
  }
  /// The gradients with respect to several tensors, in one backward pass.
  std::vector<Tensor<Scalar>> gradient(const Tensor<Scalar>& target, const std::vector<Tensor<Scalar>>& sources,
                                       const Tensor<Scalar>& output_gradient = detail::no_tensor<Scalar>) {
    std::vector<Tensor<Scalar>> results;
    gradient_into(results, target, sources, output_gradient);
    return results;
  }
  /// The gradients of the sum over several targets, each with its output gradient, in one backward pass. Undefined
  /// targets are skipped; an undefined output gradient stands for ones. Throws ValueError if the numbers of targets and
  /// output gradients differ.
  template <class Source>
  std::vector<Tensor<Scalar>> gradient(const std::vector<Tensor<Scalar>>& targets, const std::vector<Source>& sources,
                                       const std::vector<Tensor<Scalar>>& output_gradients = {}) {
    std::vector<Tensor<Scalar>> results;
    gradient_into(results, targets, sources, output_gradients);
    return results;
  }
  /// Like `gradient`, but stores the gradients in `results` and reuses the vector, so that a repeated step does not
  /// allocate.
  template <class Source>
  void gradient_into(std::vector<Tensor<Scalar>>& results, const Tensor<Scalar>& target,
                     const std::vector<Source>& sources,
                     const Tensor<Scalar>& output_gradient = detail::no_tensor<Scalar>) {
    if (results.size() != sources.size()) results.resize(sources.size());
    run(&target, if_given(output_gradient), 1, sources.data(), results.data(), sources.size());
  }
  /// As above, for several targets.
  template <class Source>
  void gradient_into(std::vector<Tensor<Scalar>>& results, const std::vector<Tensor<Scalar>>& targets,
                     const std::vector<Source>& sources, const std::vector<Tensor<Scalar>>& output_gradients = {}) {
    if (!output_gradients.empty() && output_gradients.size() != targets.size())
      raise<ValueError>("GradientTape, gradient: expected one output gradient for each of the ", targets.size(),
                        " targets, got ", output_gradients.size());
    if (results.size() != sources.size()) results.resize(sources.size());
    run(targets.data(), output_gradients.empty() ? nullptr : output_gradients.data(), targets.size(), sources.data(),
        results.data(), sources.size());
  }

  /// Returns the Jacobian d target[i] / d source[j], for all elements. Shape: the axes of the target, then those of the
  /// source, at most 8 in total; ShapeError otherwise. Undefined if the target does not depend on the source. Needs one
  /// backward pass per element of the target, but only one recording. TensorFlow: `GradientTape.jacobian`.
  Tensor<Scalar> jacobian(const Tensor<Scalar>& target, const Tensor<Scalar>& source) {
    Tensor<Scalar> result;
    jacobian_into(&result, target, &source, 1, false);
    return result;
  }
  /// The Jacobian with respect to a variable.
  Tensor<Scalar> jacobian(const Tensor<Scalar>& target, const Variable<Scalar>& source) {
    Tensor<Scalar> result;
    jacobian_into(&result, target, &source, 1, false);
    return result;
  }
  /// The Jacobians with respect to several variables or tensors.
  template <class Source>
  std::vector<Tensor<Scalar>> jacobian(const Tensor<Scalar>& target, const std::vector<Source>& sources) {
    std::vector<Tensor<Scalar>> results(sources.size());
    jacobian_into(results.data(), target, sources.data(), sources.size(), false);
    return results;
  }
  /// Returns the Jacobian of every sample: d target[b, i] / d source[b, j]. The samples along the first axis must not
  /// depend on each other. Shapes: target (batch, i...), source (batch, j...), result (batch, i..., j...). Needs one
  /// backward pass per element of one sample of the target. Throws ShapeError if the batch sizes differ. TensorFlow:
  /// `GradientTape.batch_jacobian`.
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
  static constexpr std::size_t no_slot = Gradients<Scalar>::no_slot;

  static const Tensor<Scalar>* if_given(const Tensor<Scalar>& output_gradient) noexcept {
    return output_gradient.defined() ? &output_gradient : nullptr;
  }
  // The current traces of values; those of ended tapes are possible.
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
                          shape, " have more than ", Shape::max_rank, " axes in total. Reshape one of them first.");
      for (Index axis = by_sample ? 1 : 0; axis < shape.rank(); ++axis) whole.push_back(shape[axis]);
      layouts.push_back({outer, passes, whole, shape});
      results[s] = target.size() == 0 ? Tensor<Scalar>::zeros(whole) : Tensor<Scalar>();
    }
    if (target.size() == 0) return;

    const bool recorded = recorder_.recording() > 1;  // by an outer tape
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
      raise<ShapeError>("GradientTape, gradient: expected an output gradient of the target's shape ", target.shape(),
                        ", got ", output_gradient.shape());
  }

  /// Starts the backward pass at a target, with its output gradient or ones.
  LAMINA_NOINLINE static void seed_gradient(Gradients<Scalar>& g, std::size_t slot, const Tensor<Scalar>& target,
                                            const Tensor<Scalar>* output_gradient) {
    static constexpr Scalar one(1);  // for losses: needs no allocation
    const bool given = output_gradient != nullptr && output_gradient->defined();
    if (!given && target.rank() == 0 && !g.slots_[slot].defined())
      ::new (&g.slots_[slot]) Tensor<Scalar>(Tensor<Scalar>::view(&one, {}));
    else
      g.add_to(slot, given ? Tensor<Scalar>(*output_gradient) : Tensor<Scalar>::ones(target.shape()));
  }

  /// `more`: another backward pass follows, even if the tape is not persistent.
  template <class Source>
  void run(const Tensor<Scalar>* targets, const Tensor<Scalar>* output_gradients, std::size_t target_count,
           const Source* sources, Tensor<Scalar>* results, std::size_t count, bool more = false) {
    if (used_ && !persistent_)
      raise<StateError>(
          "GradientTape, gradient: expected a first call: the tape is not persistent and has freed its saved tensors. "
          "Pass all sources in one call, or make the tape persistent: GradientTape tape({.persistent = true}).");
    for (std::size_t i = 0; output_gradients != nullptr && i < target_count; ++i)
      check_output_gradient(targets[i], output_gradients[i]);
    used_ = !more;
    // If an outer tape records, it frees the nodes.
    const bool release = !persistent_ && !more && alone_ && recorder_.recording() == 1;
    Traversal traversal(recorder_);
    auto& scratch = traversal.scratch;
    const auto own_count = static_cast<std::size_t>(recorder_.next() - start_);
    scratch.make_room(own_count + count);
    Tensor<Scalar>* gradient_slots = scratch.gradients.data();
    Need* needs = scratch.needs.data();
    std::size_t* indices = scratch.indices.data();
    std::uint64_t* outer = scratch.outer.data();
    Gradients<Scalar> g(start_, own_count, outer, gradient_slots, needs, release);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t trace = trace_of(sources[i]);
      std::size_t slot = g.own_position(trace);
      if (slot >= own_count) [[unlikely]]
        slot = slot_outside(g, trace, outer);
      indices[i] = slot;
      if (slot != no_slot) [[likely]]
        needs[slot] = Need::requested;
    }

    Node* const begin = *link_;
    mark_dependents(begin, g);
    for (std::size_t i = 0; i < target_count; ++i) {
      const std::size_t slot = g.position(trace_of(targets[i]));
      if (slot == no_slot || needs[slot] == Need::none) continue;
      seed_gradient(g, slot, targets[i], output_gradients == nullptr ? nullptr : output_gradients + i);
    }
    if (begin != nullptr) backward_pass(begin, recorder_.last_node(), g);
    if (release) recorder_.unlink_released(link_);

    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t slot = indices[i];
      if (slot == no_slot) {
        detail::TensorAccess::reset(results[i]);
      } else if (std::exchange(needs[slot], Need::none) != Need::none) {
        detail::TensorAccess::hand_over(gradient_slots[slot], results[i]);
      } else {  // a source that occurs twice
        results[i] = results[std::find(indices, indices + i, slot) - indices];
      }
    }
    traversal.finished = true;
  }

  /// Returns the slot of a value from before this tape, after those of its own values; `no_slot` if it is not recorded.
  std::size_t slot_outside(Gradients<Scalar>& g, std::uint64_t trace, std::uint64_t* outer) const {
    if (!recorder_.contains(trace)) return no_slot;
    if (g.position_outside(trace) == no_slot) outer[g.outer_count_++] = trace;
    return g.position_outside(trace);
  }

  /// Forward pass over the nodes: marks the values that depend on a source. The outputs of a node have consecutive
  /// slots.
  static void mark_dependents(const Node* node, const Gradients<Scalar>& g) noexcept {
    for (; node != nullptr; node = node->next) {
      const std::uint64_t *input = node->input_traces(), *last_input = input + node->inputs;
      while (input != last_input && g.need(*input) == Need::none) ++input;
      if (input == last_input) continue;
      Need* mark = g.needs_ + g.own_position(node->first_output);
      for (Index k = 0; k < static_cast<Index>(node->outputs); ++k) {
        detail::one_by_one(k);
        if (mark[k] == Need::none) mark[k] = Need::intermediate;
      }
    }
  }

  /// Backward pass over the nodes, in reverse order of computation: the gradient of every output is complete when its
  /// node is visited.
  LAMINA_NOINLINE static void backward_pass(const Node* begin, Node* node, Gradients<Scalar>& g) {
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
        if (mark[k] == Need::requested) continue;
        mark[k] = Need::none;
        if (arrived[k].defined()) detail::TensorAccess::reset(arrived[k]);
      } while (++k != node->outputs);
      if (g.last_time()) detail::Recorder<Scalar>::release(node);
      if (node == begin) return;
    }
  }

  // Pauses recording during the backward pass (outer tapes still record it). Restores the state if a gradient throws.
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
  std::uint64_t start_;  // the trace of its first value
  Node** link_;          // the link to its first node
  bool alone_;           // true if all outer tapes were paused when it was opened
  bool persistent_;
  bool used_ = false;
  detail::Arena::Mark memory_before_;
};

namespace detail {

/// y = x, recorded as a new value, so that derivatives with respect to y and x differ;  dx = dy
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
