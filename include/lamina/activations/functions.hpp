#pragma once
#include <string_view>

#include "lamina/core/strategy.hpp"
#include "lamina/ops/math.hpp"
#include "lamina/ops/softmax.hpp"

// The activation functions, and the names that find them.

namespace lamina {
namespace activations {

struct Relu {
  template <class S>
  static Tensor<S> apply(const Tensor<S>& x) {
    return relu(x);
  }
};
struct Sigmoid {
  template <class S>
  static Tensor<S> apply(const Tensor<S>& x) {
    return sigmoid(x);
  }
};
struct Tanh {
  template <class S>
  static Tensor<S> apply(const Tensor<S>& x) {
    return tanh(x);
  }
};
struct Softmax {
  template <class S>
  static Tensor<S> apply(const Tensor<S>& x) {
    return softmax(x);
  }
};
struct LogSoftmax {
  template <class S>
  static Tensor<S> apply(const Tensor<S>& x) {
    return log_softmax(x);
  }
};
struct Softplus {
  template <class S>
  static Tensor<S> apply(const Tensor<S>& x) {
    return softplus(x);
  }
};
struct Exponential {
  template <class S>
  static Tensor<S> apply(const Tensor<S>& x) {
    return exp(x);
  }
};

/// y = x for x > 0, e^x - 1 elsewhere;  dx = dy for x > 0, dy (y + 1) elsewhere
struct Elu {
  template <class S>
  static Tensor<S> apply(const Tensor<S>& x) {
    return detail::unary<true, true>(
        x, [](const auto& v) { return select(v > 0, v, expm1(v)); },
        [](const auto& dy, const auto& y) { return select(y > 0, dy, dy * (y + 1)); });
  }
};

/// y = x for x >= 0, 0.2 x elsewhere
struct LeakyRelu {
  template <class S>
  static Tensor<S> apply(const Tensor<S>& x) {
    return detail::unary<false>(
        x, [](const auto& v) { return select(v >= 0, v, v * S(0.2)); },
        [](const auto& dy, const auto& v) { return select(v >= 0, dy, dy * S(0.2)); });
  }
};

template <class S>
using Function = Tensor<S> (*)(const Tensor<S>&);

template <class... Entries>
struct FunctionTable {
  /// The function of this name; of literals the length is known, and only entries of that length are compiled.
  template <class S, std::size_t length>
  static Function<S> find(std::string_view name) {
    Function<S> found = nullptr;
    const auto look = [&]<class Entry>(Entry*) {
      if constexpr (length == 0 || length == Entry::length || length == Entry::letters) {
        if (same_name(Entry::text, name)) found = Entry::type::template apply<S>;
      }
      return found != nullptr;
    };
    if (!(look(static_cast<Entries*>(nullptr)) || ...))
      raise_unknown_name("activation", name, detail::StrategyNames<Named<"linear", void>, Entries...>::all);
    return found;
  }
};

/// All activations that a name finds, beside "linear".
using Table = FunctionTable<Named<"relu", Relu>, Named<"sigmoid", Sigmoid>, Named<"tanh", Tanh>,
                            Named<"softmax", Softmax>, Named<"log_softmax", LogSoftmax>, Named<"softplus", Softplus>,
                            Named<"exponential", Exponential>, Named<"elu", Elu>, Named<"leaky_relu", LeakyRelu>>;

}  // namespace activations
}  // namespace lamina
