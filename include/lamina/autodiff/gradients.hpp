#pragma once
#include <memory>

#include "lamina/autodiff/recorder.hpp"

// The interface between operations and the recorded graph: operations record themselves with `Recording`, and their
// gradient closures read and write gradients with `Gradients`.

namespace lamina {

/// The state of the backward pass, passed to the gradient closure of an operation: which inputs need a gradient, and
/// where to add it.
template <class Scalar>
class Gradients {
  using Recorder = detail::Recorder<Scalar>;
  using Need = detail::Need;

 public:
  /// True if a gradient with respect to input `i` of the operation is needed.
  LAMINA_ALWAYS_INLINE bool needs(std::size_t i) const noexcept { return need(node_->input_traces()[i]) != Need::none; }

  /// Adds a gradient for input `i`. Ignored if it is not needed.
  void add(std::size_t i, Tensor<Scalar>&& gradient) {
    const std::size_t at = own_position(node_->input_traces()[i]);
    if (at >= own_count_ || slots_[at].defined()) [[unlikely]]
      return add_to_others(i, std::move(gradient));
    if (needs_[at] != Need::none) fill(at, std::move(gradient));
  }
  /// Adds a gradient for input `i`. Ignored if it is not needed.
  void add(std::size_t i, const Tensor<Scalar>& gradient) { add(i, Tensor<Scalar>(gradient)); }

  /// The gradient with respect to output `k`; undefined if there is none.
  const Tensor<Scalar>& output(std::uint32_t k) const { return arrived_[k]; }

  /// True if the closure will not be called again, so that it can consume the tensors it saved.
  bool last_time() const noexcept { return last_time_; }

  /// True if an outer tape records the backward pass.
  static bool recorded() noexcept {
    const Recorder* recorder = Recorder::active();
    return recorder != nullptr && recorder->recording() > 0;
  }

 private:
  template <class>
  friend class GradientTape;
  template <class>
  friend class Recording;
  using Node = detail::Node<Scalar>;

  // Slots of gradients: first those of the tape's own values, then those of the sources from before the tape.
  Gradients(std::uint64_t start, std::size_t own_count, const std::uint64_t* outer, Tensor<Scalar>* gradient_slots,
            Need* needs, bool last_time) noexcept
      : start_(start),
        own_count_(own_count),
        outer_(outer),
        slots_(gradient_slots),
        needs_(needs),
        last_time_(last_time) {}

  static constexpr std::size_t no_slot = ~std::size_t{0};
  LAMINA_ALWAYS_INLINE std::size_t position(std::uint64_t trace) const noexcept {
    const std::size_t own = own_position(trace);
    if (own < own_count_) [[likely]]
      return own;
    return outer_count_ == 0 ? no_slot : position_outside(trace);
  }
  /// The slot of a value that belongs to the tape.
  LAMINA_ALWAYS_INLINE std::size_t own_position(std::uint64_t trace) const noexcept {
    return static_cast<std::size_t>(trace - start_);
  }
  std::size_t position_outside(std::uint64_t trace) const noexcept {
    for (std::size_t i = 0; i < outer_count_; ++i)
      if (outer_[i] == trace) return own_count_ + i;
    return no_slot;
  }
  LAMINA_ALWAYS_INLINE Need need(std::uint64_t trace) const noexcept {
    const std::size_t at = position(trace);
    return at == no_slot ? Need::none : needs_[at];
  }
  /// Stores the first gradient of a slot. (The undefined tensor that it overwrites needs no destructor.)
  LAMINA_ALWAYS_INLINE void fill(std::size_t at, Tensor<Scalar>&& gradient) {
    std::construct_at(&slots_[at], std::move(gradient));
  }
  /// Adds a gradient that may not be the first, or that belongs to a value from before the tape.
  LAMINA_NOINLINE void add_to_others(std::size_t i, Tensor<Scalar>&& gradient) {
    const std::size_t at = position(node_->input_traces()[i]);
    if (at != no_slot && needs_[at] != Need::none) add_to(at, std::move(gradient));
  }
  void add_to(std::size_t at, Tensor<Scalar>&& gradient) {
    if (!slots_[at].defined())
      fill(at, std::move(gradient));
    else
      accumulate(slots_[at], gradient);
  }

  LAMINA_NOINLINE static void accumulate(Tensor<Scalar>& sum, const Tensor<Scalar>& gradient) {
    Recorder* recorder = Recorder::active();
    if (recorder != nullptr && (recorder->watches(sum) || recorder->watches(gradient))) {
      // Recorded as sum = a + b: both receive the gradient of the sum.
      Tensor<Scalar> total = Tensor<Scalar>::empty(sum.shape());
      Scalar* LAMINA_RESTRICT out = detail::TensorAccess::data(total);
      const Scalar *a = sum.data(), *b = gradient.data();
      for (Index i = 0, n = total.size(); i < n; ++i) out[i] = a[i] + b[i];
      Node* node = recorder->new_node(1, 2);
      node->input_traces()[0] = recorder->watched(sum);
      node->input_traces()[1] = recorder->watched(gradient);
      recorder->attach(
          node, [] { return 0; },
          [](Node*, Gradients& g) {
            g.add(0, g.output(0));
            g.add(1, g.output(0));
          });
      detail::TensorAccess::set_trace(total, node->first_output);
      sum = std::move(total);
    } else {
      detail::add_in_place(sum, gradient);
    }
  }

  std::uint64_t start_;
  std::size_t own_count_, outer_count_ = 0;
  const std::uint64_t* outer_;
  Tensor<Scalar>* slots_;
  Need* needs_;
  bool last_time_;
  // The current node, and the slots of its outputs.
  Node* node_ = nullptr;
  Tensor<Scalar>* arrived_ = nullptr;
};

/// Records an operation for its gradient. Construct it from the result and the inputs of the operation. It converts to
/// true if a tape watches one of the inputs; then pass the closure that computes their gradients to `gradient`.
///
///     // y = a b;  da = dy b,  db = a dy
///     if (Recording<S> tape{y, a, b})
///       tape.gradient([a = tape.keep(a, 1), b = tape.keep(b, 0)](Tensor<S> dy, Gradients<S>& g) {
///         if (g.needs(0)) g.add(0, dy * b);
///         if (g.needs(1)) g.add(1, a * dy);
///       });
template <class Scalar>
class Recording {
 public:
  /// For one output.
  template <class... Inputs>
  explicit Recording(Tensor<Scalar>& output, const Inputs&... inputs) {
    Recorder* recorder = Recorder::active();
    if (recorder == nullptr) return;
    if (recorder->capturing()) [[unlikely]]
      (recorder->capture(inputs), ...);
    const std::uint64_t traces[] = {recorder->watched(inputs)...};
    std::uint64_t any = 0;
    for (const std::uint64_t trace : traces) any |= trace;
    if (any == 0) return;
    const std::uint64_t made = recorder->next();
    Node* node = recorder->new_node(1, sizeof...(inputs));
    for (std::size_t i = 0; i < sizeof...(inputs); ++i) node->input_traces()[i] = traces[i];
    detail::TensorAccess::set_trace(output, made);
    recorder_ = recorder;
    node_ = node;
  }
  /// For any number of outputs and inputs.
  Recording(Tensor<Scalar>* outputs, std::size_t output_count, const Tensor<Scalar>* inputs, std::size_t input_count) {
    Recorder* recorder = Recorder::active();
    if (recorder == nullptr) return;
    bool watched = false;
    for (std::size_t i = 0; i < input_count; ++i) {
      if (recorder->capturing()) recorder->capture(inputs[i]);
      watched |= recorder->watches(inputs[i]);
    }
    if (!watched || output_count == 0) return;
    recorder_ = recorder;
    node_ = recorder->new_node(static_cast<std::uint32_t>(output_count), static_cast<std::uint32_t>(input_count));
    for (std::size_t i = 0; i < input_count; ++i) node_->input_traces()[i] = recorder->watched(inputs[i]);
    for (std::size_t i = 0; i < output_count; ++i) detail::TensorAccess::set_trace(outputs[i], node_->first_output + i);
  }

  /// True if the operation is recorded.
  explicit operator bool() const noexcept { return node_ != nullptr; }

  /// True if input `i` is watched.
  bool watches(std::size_t i) const noexcept { return node_->input_traces()[i] != 0; }
  /// Returns `t`, which the gradient of input `i` needs, if a tape watches that input. Otherwise returns an undefined
  /// tensor, so that the closure does not keep the memory of `t` alive unnecessarily.
  Tensor<Scalar> keep(const Tensor<Scalar>& t, std::size_t i) const { return watches(i) ? t : Tensor<Scalar>(); }
  /// As above, for a borrowed tensor.
  Tensor<Scalar> keep(const detail::Borrowed<Scalar>& t, std::size_t i) const {
    return watches(i) ? t.tensor() : Tensor<Scalar>();
  }

  /// True if an outer tape is open, so that the backward pass may itself be recorded.
  bool higher_orders() const noexcept { return recorder_->recording() > 1; }
  /// Returns `t` if `higher_orders()`, otherwise an undefined tensor: for tensors that only gradients of gradients
  /// need.
  Tensor<Scalar> keep_for_higher_orders(const Tensor<Scalar>& t) const {
    return higher_orders() ? t : Tensor<Scalar>();
  }

  /// Sets the gradient closure: `closure(Tensor dy, Gradients& g)` for one output, `closure(Gradients& g)` for several.
  template <class Given>
  void gradient(Given&& closure) {
    gradient_made_by([&]() -> std::remove_cvref_t<Given> { return std::forward<Given>(closure); });
  }
  /// Sets the gradient closure to the result of `make()`, constructed in place.
  template <class Make>
  LAMINA_ALWAYS_INLINE void gradient_made_by(const Make& make) {
    using Closure = decltype(make());
    recorder_->attach(node_, make, [](Node* node, Gradients<Scalar>& g) {
      Closure& f = *static_cast<Closure*>(node->closure);
      if constexpr (std::is_invocable_v<Closure&, Tensor<Scalar>, Gradients<Scalar>&>) {
        Tensor<Scalar>& dy = *g.arrived_;
        if (g.needs_[g.own_position(node->first_output)] == detail::Need::requested)
          f(Tensor<Scalar>(dy), g);  // the gradient was requested: keep it
        else
          f(std::move(dy), g);
      } else {
        f(g);
      }
    });
  }

 private:
  using Recorder = detail::Recorder<Scalar>;
  using Node = detail::Node<Scalar>;
  Recorder* recorder_ = nullptr;
  Node* node_ = nullptr;
};

/// Pauses all open tapes of the calling thread for its lifetime: the values computed are constants for them. PyTorch:
/// `torch.no_grad`.
template <class Scalar = float>
class NoGradient {
 public:
  /// Pauses recording.
  NoGradient() : recorder_(detail::Recorder<Scalar>::of_this_thread()), paused_(recorder_.suspend()) {}
  ~NoGradient() { recorder_.restore(paused_); }
  NoGradient(const NoGradient&) = delete;
  NoGradient& operator=(const NoGradient&) = delete;

 private:
  detail::Recorder<Scalar>& recorder_;
  int paused_;
};

namespace detail {

/// Pauses recording like `NoGradient`, and lists the variables and other recorded values that are used during its
/// lifetime: the implicit inputs of a computation.
template <class Scalar>
class CapturedValues {
 public:
  CapturedValues() : recorder_(Recorder<Scalar>::of_this_thread()), capturing_(recorder_.begin_capture()) {}
  ~CapturedValues() { recorder_.end_capture(capturing_); }
  CapturedValues(const CapturedValues&) = delete;
  CapturedValues& operator=(const CapturedValues&) = delete;

  std::size_t size() const noexcept { return recorder_.captured_count(capturing_); }
  /// Returns a tensor without elements that has the trace of captured value `i`.
  Tensor<Scalar> operator[](std::size_t i) const {
    Tensor<Scalar> used;
    TensorAccess::set_trace(used, recorder_.captured(capturing_)[i]);
    return used;
  }

 private:
  Recorder<Scalar>& recorder_;
  typename Recorder<Scalar>::Capture capturing_;
};

}  // namespace detail

LAMINA_COMPILED_CLASS(Gradients);
LAMINA_COMPILED_CLASS(Recording);
LAMINA_COMPILED_CLASS(NoGradient);

}  // namespace lamina
