#include "widths.hpp"

namespace widths {

using namespace lamina;

namespace {

template <class S>
void add_of(Cases& cases) {
  const auto with = [&](const std::string& name, auto&& given, std::vector<Tensor<S>> inputs) {
    using L = std::remove_cvref_t<decltype(given)>;
    const auto shared = std::make_shared<L>(std::forward<decltype(given)>(given));
    const auto call = [shared](const std::vector<Tensor<S>>& x) { return shared->apply(x, {.training = true})[0]; };
    call(inputs);
    std::function<std::vector<Variable<S>>()> variables;
    if (!shared->trainable_variables().empty()) variables = [shared] { return shared->trainable_variables(); };
    add<S>(cases, "layer/" + name, std::move(inputs), call, variables);
  };
  const auto t = [](Shape shape) { return random_normal<S>(std::move(shape), {.seed = 1}); };
  const Tensor<S> sequence = t({16, 32, 32});
  with("SimpleRNN", SimpleRNN<S>(32), {sequence});
  with("LSTM", LSTM<S>(32), {sequence});
  with("GRU", GRU<S>(32), {sequence});
  with("GRU_reset_before", GRU<S>(32, {.reset_after = false}), {sequence});
  with("MultiHeadAttention", MultiHeadAttention<S>(4, 8), {sequence, sequence});
  with("Attention", Attention<S>(), {sequence, sequence});
  with("AdditiveAttention", AdditiveAttention<S>(), {sequence, sequence});
  with("Add", Add<S>(), {sequence, sequence});
  with("Average", Average<S>(), {sequence, sequence});
  with("Maximum", Maximum<S>(), {sequence, sequence});
  with("Multiply", Multiply<S>(), {sequence, sequence});
  with("Concatenate", Concatenate<S>(), {sequence, sequence});
  with("Dot", Dot<S>({2, 2}), {sequence, sequence});
  Tensor<S> numbers = Tensor<S>::zeros({64, 16});
  for (Index i = 0; i < numbers.size(); ++i) numbers.mutable_data()[i] = static_cast<S>(i * 7919 % 1000);
  with("Embedding", Embedding<S>(1000, 32), {numbers});
}

}  // namespace

void add_sequence_layers(Cases& cases) {
  add_of<float>(cases);
  add_of<double>(cases);
}

}  // namespace widths
