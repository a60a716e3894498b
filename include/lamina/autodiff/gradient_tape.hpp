#pragma once
#include <utility>
#include <vector>

#include "lamina/autodiff/variable.hpp"

namespace lamina {

struct TapeOptions {
  bool persistent = false;  ///< `gradient` may be called more than once; what was saved is kept until the tape ends
};

/// Records what is computed while it lives, and gives the gradients of it. TensorFlow's GradientTape.
///
/// Trainable variables are watched by themselves, other tensors with `watch`. Tapes nest: the gradient that an inner
/// tape computes is recorded by the outer one and can be differentiated again. A tape belongs to the scope and the
/// thread that made it. Memory saved for the backward pass is given back as `gradient` goes along (by the outermost
/// tape, and unless persistent).
///
///     GradientTape tape;
///     Tensor loss = mean(square(model(x) - y));
///     optimizer.apply_gradients(tape.gradient(loss, model.trainable_variables()), model.trainable_variables());
template <class Scalar = float>
class GradientTape {
 public:
  explicit GradientTape(TapeOptions options = {})
      : recorder_(detail::Recorder<Scalar>::of_this_thread()), persistent_(options.persistent) {
    recorder_.open_tape();
    start_ = recorder_.next();
    last_before_ = recorder_.last_node();
  }
  ~GradientTape() { recorder_.close_tape(); }
  GradientTape(const GradientTape&) = delete;
  GradientTape& operator=(const GradientTape&) = delete;

  /// From here on operations on `t` (this handle and copies of it) are recorded.
  void watch(Tensor<Scalar>& t) {
    if (!recorder_.watches(t)) detail::TensorAccess::set_trace(t, recorder_.new_leaf());
  }

  /// d target / d source, of the sum over the target's elements, or of sum(target * output_gradient) where one is
  /// given. Undefined (`!gradient.defined()`) where the target does not depend on the source.
  Tensor<Scalar> gradient(const Tensor<Scalar>& target, const Tensor<Scalar>& source,
                          const Tensor<Scalar>& output_gradient = {}) {
    Tensor<Scalar> result;
    run(target, output_gradient, &source, &result, 1);
    return result;
  }
  Tensor<Scalar> gradient(const Tensor<Scalar>& target, const Variable<Scalar>& source,
                          const Tensor<Scalar>& output_gradient = {}) {
    Tensor<Scalar> result;
    run(target, output_gradient, &source, &result, 1);
    return result;
  }
  std::vector<Tensor<Scalar>> gradient(const Tensor<Scalar>& target, const std::vector<Variable<Scalar>>& sources,
                                       const Tensor<Scalar>& output_gradient = {}) {
    std::vector<Tensor<Scalar>> results;
    gradient_into(results, target, sources, output_gradient);
    return results;
  }
  std::vector<Tensor<Scalar>> gradient(const Tensor<Scalar>& target, const std::vector<Tensor<Scalar>>& sources,
                                       const Tensor<Scalar>& output_gradient = {}) {
    std::vector<Tensor<Scalar>> results;
    gradient_into(results, target, sources, output_gradient);
    return results;
  }
  /// The same into a vector that is used again, so that a repeated step allocates nothing.
  template <class Source>
  void gradient_into(std::vector<Tensor<Scalar>>& results, const Tensor<Scalar>& target,
                     const std::vector<Source>& sources, const Tensor<Scalar>& output_gradient = {}) {
    results.resize(sources.size());
    run(target, output_gradient, sources.data(), results.data(), sources.size());
  }

 private:
  using Node = detail::Node<Scalar>;
  // Why a value's gradient is computed: for others' sake, or as a result, asked for once or more often.
  static constexpr unsigned char passed_on = 1, wanted = 2, wanted_again = 3;

  std::uint64_t trace_of(const Tensor<Scalar>& t) const {
    return recorder_.watches(t) ? detail::TensorAccess::trace(t) : 0;
  }
  std::uint64_t trace_of(const Variable<Scalar>& v) const { return recorder_.known_leaf_of(v.number(), v.serial()); }

  template <class Source>
  void run(const Tensor<Scalar>& target, const Tensor<Scalar>& output_gradient, const Source* asked,
           Tensor<Scalar>* results, std::size_t count) {
    if (used_ && !persistent_)
      raise<StateError>(
          "GradientTape, gradient: this tape has given its gradient and let go of what it saved. Ask once for all "
          "sources, or "
          "make the tape persistent: GradientTape tape({.persistent = true}).");
    if (output_gradient.defined() && output_gradient.shape() != target.shape())
      raise<ShapeError>("GradientTape, gradient: the output gradient has shape ", output_gradient.shape(),
                        ", expected the target's ", target.shape());
    used_ = true;
    const bool release = !persistent_ && recorder_.depth() == 1;
    Traversal traversal(recorder_);
    traversal.scratch.sources.clear();
    for (std::size_t i = 0; i < count; ++i) traversal.scratch.sources.push_back(trace_of(asked[i]));
    const std::uint64_t* sources = traversal.scratch.sources.data();
    for (std::size_t i = 0; i < count; ++i)
      if (sources[i] != 0 && sources[i] < start_) traversal.outer.push_back(sources[i]);
    const std::size_t outer = traversal.outer.size();
    const std::size_t values = static_cast<std::size_t>(recorder_.next() - start_) + outer;
    Tensor<Scalar>* slots = traversal.slots(values);
    unsigned char* needed = traversal.scratch.needed.data();
    Gradients<Scalar> g(start_, traversal.outer.data(), outer, slots, needed, values);
    for (std::size_t i = 0; i < count; ++i)
      if (sources[i] != 0) {
        unsigned char& mark = needed[g.position(sources[i])];
        mark = mark == 0 ? wanted : wanted_again;
      }

    // Forward: what depends on a source. Backward, in reverse order of computation: every value's gradient is complete
    // before its node passes it on. A node's outputs lie side by side.
    const auto first_of = [&](const Node* node) {
      return static_cast<std::size_t>(node->first_output - start_) + outer;
    };
    Node* end = recorder_.last_node();
    Node* begin = last_before_ == nullptr ? recorder_.first_node() : last_before_->next;
    for (Node* node = begin; node != nullptr; node = node->next) {
      bool leads = false;
      for (std::uint32_t i = 0; i < node->inputs && !leads; ++i) leads = g.need(node->input_traces[i]) != 0;
      if (!leads) continue;
      for (std::size_t k = first_of(node), last = k + node->outputs; k < last; ++k)
        if (needed[k] == 0) needed[k] = passed_on;
    }
    const std::uint64_t target_trace = trace_of(target);
    if (g.need(target_trace) != 0)
      g.slot(target_trace) = output_gradient.defined() ? output_gradient : Tensor<Scalar>::ones(target.shape());

    for (Node* node = begin == nullptr ? nullptr : end; node != nullptr; node = node->previous) {
      const std::size_t first = first_of(node), last = first + node->outputs;
      bool arrived = false;
      for (std::size_t k = first; k < last; ++k) arrived = arrived || slots[k].defined();
      if (arrived && node->backward != nullptr) {
        g.node_ = node;
        node->backward(node, g);
      }
      for (std::size_t k = first; k < last; ++k)
        if (needed[k] < wanted && slots[k].defined()) slots[k] = Tensor<Scalar>();
      if (release) detail::Recorder<Scalar>::release(node);
      if (node == begin) break;
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (sources[i] == 0)
        results[i] = Tensor<Scalar>();
      else if (g.need(sources[i]) == wanted)
        results[i] = std::move(g.slot(sources[i]));
      else
        results[i] = g.slot(sources[i]);
    }
  }

  // The tape does not record its own backward pass; outer tapes do. All of this ends as it should when a gradient
  // throws.
  struct Traversal {
    explicit Traversal(detail::Recorder<Scalar>& r) : recorder(r), scratch(r.enter_traversal()) { recorder.pause(); }
    ~Traversal() {
      // Only what this traversal used: `needed` says how much.
      for (std::size_t i = 0; i < scratch.needed.size(); ++i)
        if (scratch.gradients[i].defined()) scratch.gradients[i] = Tensor<Scalar>();
      recorder.unpause();
      recorder.leave_traversal();
    }
    Traversal(const Traversal&) = delete;
    Traversal& operator=(const Traversal&) = delete;
    /// Room for so many gradients, all undefined, and as many marks, all 0.
    Tensor<Scalar>* slots(std::size_t values) {
      if (scratch.gradients.size() < values) scratch.gradients.resize(values + values / 2);
      scratch.needed.assign(values, 0);
      return scratch.gradients.data();
    }
    detail::Recorder<Scalar>& recorder;
    typename detail::Recorder<Scalar>::Scratch& scratch;
    std::vector<std::uint64_t> outer;
  };

  detail::Recorder<Scalar>& recorder_;
  std::uint64_t start_ = 0;
  Node* last_before_ = nullptr;
  bool persistent_;
  bool used_ = false;
};

LAMINA_COMPILED_CLASS(GradientTape);

}  // namespace lamina
