#pragma once
#include <functional>
#include <lamina/lamina.hpp>
#include <string>
#include <utility>
#include <vector>

// Measures every operation and layer, forward and backward, in float and double, on one thread. The program is built
// twice, for the compiler's default instruction set and for that of this machine; ratios.sh compares the two.

namespace widths {

struct Case {
  std::string name;
  std::function<void()> run;
};
using Cases = std::vector<Case>;

template <class S>
const char* scalar_name() {
  return sizeof(S) == 4 ? "float" : "double";
}

/// Computes f(inputs), and the gradients of its sum with respect to all inputs and `variables`.
template <class S, class F>
void add(Cases& cases, const std::string& name, std::vector<lamina::Tensor<S>> inputs, const F& f,
         std::function<std::vector<lamina::Variable<S>>()> variables = nullptr) {
  const std::string full = name + "/" + scalar_name<S>();
  cases.push_back({full + "/forward", [inputs, f] {
                     const lamina::NoGradient<S> none;
                     f(inputs);
                   }});
  cases.push_back({full + "/backward", [inputs, f, variables] {
                     lamina::GradientTape<S> tape;
                     std::vector<lamina::Tensor<S>> watched = inputs;
                     for (auto& x : watched) tape.watch(x);
                     const lamina::Tensor<S> y = f(watched);
                     if (variables)
                       tape.gradient(y, variables());
                     else
                       tape.gradient(y, watched);
                   }});
}

void add_operations(Cases& cases);
void add_activations(Cases& cases);
void add_layers(Cases& cases);
void add_sequence_layers(Cases& cases);
void add_optimizers(Cases& cases);

}  // namespace widths
