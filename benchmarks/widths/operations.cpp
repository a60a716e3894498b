#include "widths.hpp"

namespace widths {

using namespace lamina;

namespace {

template <class S>
void add_of(Cases& cases) {
  using List = std::vector<Tensor<S>>;
  const auto t = [](Shape shape) {
    return random_uniform<S>(std::move(shape), {.minval = 0.1, .maxval = 2, .seed = 1});
  };
  const Tensor<S> a = t({64, 1000}), b = t({64, 1000}), row = t({1000}), column = t({64, 1});
#define CASE(name, inputs, expression) \
  add<S>(cases, "op/" name, List inputs, [](const List& x) { return Tensor<S>(expression); })
  CASE("add", ({a, b}), x[0] + x[1]);
  CASE("add_row", ({a, row}), x[0] + x[1]);
  CASE("add_column", ({a, column}), x[0] + x[1]);
  CASE("add_number", ({a}), x[0] + S(1));
  CASE("subtract", ({a, b}), x[0] - x[1]);
  CASE("multiply", ({a, b}), x[0] * x[1]);
  CASE("divide", ({a, b}), x[0] / x[1]);
  CASE("negate", ({a}), -x[0]);
  CASE("maximum", ({a, b}), maximum(x[0], x[1]));
  CASE("greater", ({a, b}), x[0] > x[1]);
  CASE("equal", ({a, b}), equal(x[0], x[1]));
  CASE("where", ({a, b}), where(x[0] > x[1], x[0], x[1]));
  CASE("pow", ({a, b}), pow(x[0], x[1]));
  CASE("map", ({a}), map(x[0], [](auto v) { return v * v + v; }));
  CASE("exp", ({a}), exp(x[0]));
  CASE("log", ({a}), log(x[0]));
  CASE("log1p", ({a}), log1p(x[0]));
  CASE("sqrt", ({a}), sqrt(x[0]));
  CASE("square", ({a}), square(x[0]));
  CASE("abs", ({a}), abs(x[0]));
  CASE("sin", ({a}), sin(x[0]));
  CASE("cos", ({a}), cos(x[0]));
  CASE("erf", ({a}), erf(x[0]));
  CASE("sign", ({a}), sign(x[0]));
  CASE("clip", ({a}), clip(x[0], 0.5, 1.5));
  CASE("sum", ({a}), sum(x[0]));
  CASE("sum_rows", ({a}), sum(x[0], {.axes = {0}}));
  CASE("sum_columns", ({a}), sum(x[0], {.axes = {1}}));
  CASE("max_columns", ({a}), max(x[0], {.axes = {1}}));
  CASE("variance_rows", ({a}), variance(x[0], {.axes = {0}}));
  CASE("argmax", ({a}), argmax(x[0]));
  CASE("log_softmax", ({a}), log_softmax(x[0]));
  CASE("logsumexp", ({a}), logsumexp(x[0]));
  CASE("l2_normalize", ({a}), l2_normalize(x[0]));
  CASE("matmul_large", ({t({128, 256}), t({256, 128})}), matmul(x[0], x[1]));
  CASE("matmul_narrow", ({t({128, 256}), t({256, 4})}), matmul(x[0], x[1]));
  CASE("matmul_batched", ({t({16, 32, 32}), t({16, 32, 32})}), matmul(x[0], x[1]));
  CASE("einsum", ({t({16, 32, 4, 8}), t({16, 32, 4, 8})}), einsum("bqhd,bkhd->bhqk", x[0], x[1]));
  CASE("transpose", ({t({16, 28, 28, 8})}), transpose(x[0], {0, 2, 1, 3}));
  CASE("concatenate", ({a, b}), concatenate(-1, x[0], x[1]));
  CASE("slice", ({a}), slice(x[0], {0, 100}, {64, 500}));
  CASE("flip", ({a}), flip(x[0]));
  CASE("repeat", ({a}), repeat(x[0], 2, 1));
  CASE("tile", ({a}), tile(x[0], {1, 2}));
#undef CASE
}

}  // namespace

void add_operations(Cases& cases) {
  add_of<float>(cases);
  add_of<double>(cases);
}

}  // namespace widths
