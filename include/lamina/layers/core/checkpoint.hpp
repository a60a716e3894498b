#pragma once
#include <optional>
#include <vector>

#include "lamina/core/call_context.hpp"
#include "lamina/layers/base/mask_registry.hpp"
#include "lamina/ops/logits.hpp"

namespace lamina {

namespace detail {

/// A function of N tensors, whose outputs are computed again in the backward pass.
template <class S, class F, std::size_t N>
class Checkpoint {
 public:
  using Tensors = std::vector<Tensor<S>, PoolAllocator<Tensor<S>>>;

  template <class... T>
  explicit Checkpoint(F&& f, const T&... inputs)
      : block_(store(std::forward<F>(f))), from_{inputs...}, context_(CallContext::repeatable()) {
    if (!MaskRegistry<S>::any()) return;
    for (const Tensor<S>& x : from_) masks_.push_back(MaskRegistry<S>::find(x));
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
  // A layer that is an lvalue cannot be copied: stored by address, it has to outlive the tape.
  using Block = std::remove_cvref_t<F>;
  static constexpr bool by_address = std::is_lvalue_reference_v<F> && !std::is_copy_constructible_v<Block>;
  using StoredBlock = std::conditional_t<by_address, const Block*, Block>;
  static StoredBlock store(F&& f) {
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
    std::optional<typename MaskRegistry<S>::Scope> masked[N];
    for (std::size_t i = 0; i < masks_.size(); ++i)
      if (masks_[i].defined()) masked[i].emplace(inputs[i], masks_[i]);
    const auto outputs = call(inputs, std::make_index_sequence<N>());
    if constexpr (std::is_convertible_v<decltype(outputs), Tensor<S>>)
      return Tensors{Tensor<S>(outputs)};
    else
      return Tensors(outputs.begin(), outputs.end());
  }

  void backward(Gradients<S>& g) const {
    // Outer tapes record the inputs under their node numbers. An alias has a separate node on the inner tape.
    Tensors from = from_;
    for (std::size_t i = 0; i < N; ++i) from[i] = alias(from[i]);
    GradientTape<S> tape;
    for (std::size_t i = 0; i < N; ++i)
      if (g.needs(i)) tape.watch(from[i]);
    Tensors outputs = compute(from.data(), true), output_gradients(outputs.size()), gradients(from.size());
    if (outputs.size() != outputs_)
      raise<StateError>("checkpoint: expected ", outputs_, " outputs, as in the forward pass, got ", outputs.size(),
                        " when the function was computed again. Pass a function that always computes the same.");
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      const Tensor<S>& dy = g.output(static_cast<std::uint32_t>(k));
      if (dy.defined() && dy.shape() != outputs[k].shape())
        raise<StateError>("checkpoint: expected an output of shape ", dy.shape(), ", as in the forward pass, got ",
                          outputs[k].shape(),
                          " when the function was computed again. Pass a function that always computes the same.");
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

  StoredBlock block_;
  Tensors from_, masks_;  // from_: the inputs, then the captured variables and tensors; masks_: those of the inputs
  CallContext::State context_;
  std::size_t outputs_ = 0;
};

}  // namespace detail

/// Gradient checkpointing (rematerialization): returns f(x...) without keeping its intermediate results; the backward
/// pass computes f again. A block of a deep network then keeps only its inputs in memory, at the cost of a second
/// forward pass. Keras's `keras.remat`, PyTorch's `torch.utils.checkpoint` (Chen et al.: Training Deep Nets with
/// Sublinear Memory Cost, 2016).
///
///     Tensor h = checkpoint(block, x);                                          // a layer, which outlives the tape
///     Tensor y = checkpoint([&](const auto& a, const auto& b) { return first(a) * second(b); }, x, h);
///
/// `f` takes the given tensors and returns one tensor or a std::vector of tensors. **Ownership:** objects that it
/// refers to must outlive the tape. Variables and tensors that it captures also get gradients. `f` must compute the
/// same both times. The second call uses the random numbers, `training` and the masks of the first; a layer with a
/// state updates it only if `CallContext::recomputing()` is false. A loss that is passed to `add_loss` inside gets no
/// gradient.
///
/// Checkpoints can be nested. Higher-order derivatives are correct but save no memory. Without a tape the function
/// returns f(x...). Throws a StateError if the second call returns another number of tensors or other shapes.
template <class F, class... X>
  requires(sizeof...(X) > 0 && (TensorLike<X> && ...))
auto checkpoint(F&& f, const X&... x) {
  using S = std::common_type_t<detail::scalar_of<X>...>;
  using Result = std::remove_cvref_t<decltype(std::as_const(f)(detail::as_tensor_of<S>(x)...))>;
  constexpr bool single = std::is_convertible_v<Result, Tensor<S>>;
  static_assert(single || std::is_same_v<Result, std::vector<Tensor<S>>>,
                "checkpoint: expected a function that returns a Tensor or a std::vector of Tensors");
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
