#pragma once
#include <optional>
#include <vector>

#include "lamina/core/call_context.hpp"
#include "lamina/layers/base/mask_memory.hpp"
#include "lamina/ops/logits.hpp"

namespace lamina {

namespace detail {

/// A block of N inputs, and how its outputs are computed again when their gradients arrive.
template <class S, class F, std::size_t N>
class Checkpoint {
 public:
  using Tensors = std::vector<Tensor<S>, PoolAllocator<Tensor<S>>>;

  template <class... T>
  explicit Checkpoint(F&& f, const T&... inputs)
      : block_(hold(std::forward<F>(f))), from_{inputs...}, context_(CallContext::repeatable()) {
    if (!MaskMemory<S>::any()) return;
    for (const Tensor<S>& x : from_) masks_.push_back(MaskMemory<S>::find(x));
  }

  static Tensors run(Checkpoint&& block) {
    Tensors outputs, inputs = block.from_;
    for (Tensor<S>& x : inputs) x = x.detached();
    {
      const CapturedValues<S> uses;
      outputs = block.compute(inputs.data(), false);
      for (std::size_t i = 0; i < uses.size(); ++i) block.from_.push_back(uses[i]);
    }
    for (Tensor<S>& y : outputs) {
      y = y.detached();
      LogitsCache<S>::erase(y);
    }
    block.outputs_ = outputs.size();
    if (Recording<S> tape{outputs.data(), outputs.size(), block.from_.data(), block.from_.size()})
      tape.gradient([b = std::move(block)](Gradients<S>& g) { b.backward(g); });
    return outputs;
  }

 private:
  // A layer that lives elsewhere is not copied: it has to outlive the tape.
  using Block = std::remove_cvref_t<F>;
  static constexpr bool by_address = std::is_lvalue_reference_v<F> && !std::is_copy_constructible_v<Block>;
  using Held = std::conditional_t<by_address, const Block*, Block>;
  static Held hold(F&& f) {
    if constexpr (by_address)
      return &f;
    else
      return std::forward<F>(f);
  }
  template <std::size_t... Position>
  auto call(const Tensor<S>* inputs, std::index_sequence<Position...>) const {
    if constexpr (by_address)
      return (*block_)(inputs[Position]...);
    else
      return block_(inputs[Position]...);
  }
  Tensors compute(const Tensor<S>* inputs, bool again) const {
    const CallContext::Scope scope(context_, again);
    std::optional<typename MaskMemory<S>::Scope> masked[N];
    for (std::size_t i = 0; i < masks_.size(); ++i)
      if (masks_[i].defined()) masked[i].emplace(inputs[i], masks_[i]);
    const auto outputs = call(inputs, std::make_index_sequence<N>());
    if constexpr (std::is_convertible_v<decltype(outputs), Tensor<S>>)
      return Tensors{Tensor<S>(outputs)};
    else
      return Tensors(outputs.begin(), outputs.end());
  }

  void backward(Gradients<S>& g) const {
    // Outer tapes know the inputs under their numbers. Here each is a value of its own, whatever else it is used for.
    Tensors from = from_;
    for (std::size_t i = 0; i < N; ++i) from[i] = alias(from[i]);
    GradientTape<S> tape;
    for (std::size_t i = 0; i < N; ++i)
      if (g.needs(i)) tape.watch(from[i]);
    Tensors outputs = compute(from.data(), true), output_gradients(outputs.size()), gradients(from.size());
    if (outputs.size() != outputs_)
      raise<StateError>("checkpoint: the block gave ", outputs_, " tensors at first, and ", outputs.size(),
                        " when it was computed again. It must do the same every time.");
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      const Tensor<S>& dy = g.output(static_cast<std::uint32_t>(k));
      if (dy.defined() && dy.shape() != outputs[k].shape())
        raise<StateError>("checkpoint: the block gave shape ", dy.shape(), " at first, and ", outputs[k].shape(),
                          " when it was computed again. It must do the same every time.");
      if (dy.defined())
        output_gradients[k] = dy;
      else
        outputs[k] = Tensor<S>();
    }
    for (std::size_t i = 0; i < from.size(); ++i)
      if (!g.needs(i)) from[i] = Tensor<S>();
    tape.run(outputs.data(), output_gradients.data(), outputs.size(), from.data(), gradients.data(), from.size());
    for (std::size_t i = 0; i < from.size(); ++i)
      if (gradients[i].defined()) g.add(i, std::move(gradients[i]));
  }

  Held block_;
  Tensors from_, masks_;  // the inputs, then what else the block uses; the inputs' masks, where any tensor has one
  CallContext::State context_;
  std::size_t outputs_ = 0;
};

}  // namespace detail

/// f(x...), computed without a trace of what lies between: when its gradient is asked for, f runs once more. A block of
/// a deep network keeps so only its inputs in memory, for the time of a second forward pass. Keras's remat (Chen et
/// al.: Training Deep Nets with Sublinear Memory Cost, 2016).
///
///     Tensor h = checkpoint(block, x);                                          // a layer, which outlives the tape
///     Tensor y = checkpoint([&](const auto& a, const auto& b) { return first(a) * second(b); }, x, h);
///
/// `f` is a function of as many tensors as are given, which gives one tensor, or a vector of them; what it refers to
/// must outlive the tape. Variables and tensors that it uses besides get their gradients too. It must do the same both
/// times: it finds the same random numbers, `training`, and masks of the inputs; a layer that keeps a state changes it
/// only where `CallContext::recomputing()` is false. What is not a result, as a loss given to `add_loss`, has no
/// gradient.
///
/// Checkpoints nest. Derivatives of higher order are right, too, but save nothing: while an outer tape records it, the
/// second run keeps everything until that tape has done. Outside of a tape this is f(x...), and no more.
template <class F, class... X>
  requires(sizeof...(X) > 0 && (TensorLike<X> && ...))
auto checkpoint(F&& f, const X&... x) {
  using S = std::common_type_t<detail::scalar_of<X>...>;
  using Result = std::remove_cvref_t<decltype(std::as_const(f)(detail::as_tensor_of<S>(x)...))>;
  constexpr bool single = std::is_convertible_v<Result, Tensor<S>>;
  static_assert(single || std::is_same_v<Result, std::vector<Tensor<S>>>,
                "checkpoint takes a function that gives a tensor, or a std::vector of tensors");
  using Given = std::conditional_t<single, Tensor<S>, std::vector<Tensor<S>>>;
  if (!Gradients<S>::recorded()) return Given(std::as_const(f)(detail::as_tensor_of<S>(x)...));
  using Block = detail::Checkpoint<S, F, sizeof...(X)>;
  auto outputs = Block::run(Block(std::forward<F>(f), detail::as_tensor_of<S>(x)...));
  if constexpr (single)
    return std::move(outputs.front());
  else
    return Given(outputs.begin(), outputs.end());
}

}  // namespace lamina
