#include <gtest/gtest.h>

#include <lamina/ops/rnn/gru.hpp>
#include <lamina/ops/rnn/lstm.hpp>
#include <lamina/ops/rnn/simple_rnn.hpp>

#include "support/check_gradient.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::raises;
using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;
using testing::with_threads;

enum class Kind { simple_rnn, lstm, gru_after, gru_before };
constexpr Kind kinds[] = {Kind::simple_rnn, Kind::lstm, Kind::gru_after, Kind::gru_before};
Index gates_of(Kind kind) { return kind == Kind::simple_rnn ? 1 : kind == Kind::lstm ? 4 : 3; }
std::size_t states_of(Kind kind) { return kind == Kind::lstm ? 2 : 1; }

struct Sizes {
  Index batch, steps, features, units;
};
struct Given {
  bool states = false, mask = false, bias = true;
  SequenceOptions options = {};
};

template <class S>
detail::SequenceInput<S> sequence(Kind kind, const Sizes& n, const Given& given) {
  const Index width = gates_of(kind) * n.units;
  detail::SequenceInput<S> in;
  in.x = random_tensor<S>({n.batch, n.steps, n.features}, 1);
  in.kernel = random_tensor<S>({n.features, width}, 2);
  in.recurrent = random_tensor<S>({n.units, width}, 3, -0.7, 0.7);
  if (given.bias) in.bias = random_tensor<S>(kind == Kind::gru_after ? Shape{2, width} : Shape{width}, 4);
  for (std::size_t i = 0; given.states && i < states_of(kind); ++i)
    in.states[i] = random_tensor<S>({n.batch, n.units}, 5 + i);
  if (given.mask) {
    in.mask = random_tensor<S>({n.batch, n.steps}, 7);
    S* mask = in.mask.mutable_data();
    for (Index i = 0; i < in.mask.size(); ++i) mask[i] = mask[i] > S(-0.3) ? S(1) : S(0);
  }
  in.options = given.options;
  return in;
}

template <class S>
SequenceOutput<S> at_once(Kind kind, const detail::SequenceInput<S>& in) {
  switch (kind) {
    case Kind::simple_rnn:
      return detail::simple_rnn<S>(in);
    case Kind::lstm:
      return detail::lstm<S>(in);
    case Kind::gru_after:
      return detail::gru_reset_after<S>(in);
    default:
      return detail::gru_reset_before<S>(in);
  }
}
template <class S>
SequenceOutput<S> by_steps(Kind kind, const detail::SequenceInput<S>& in) {
  switch (kind) {
    case Kind::simple_rnn:
      return detail::simple_rnn_by_steps<S>(in);
    case Kind::lstm:
      return detail::lstm_by_steps<S>(in);
    default:
      return detail::gru_by_steps<S>(in, kind == Kind::gru_after);
  }
}

/// Reference implementation for one sample, by the formulas: the outputs of all steps, then the final states.
std::vector<std::vector<double>> naive(Kind kind, const detail::SequenceInput<double>& in, Index sample) {
  const Index steps = in.x.shape()[1], features = in.x.shape()[2], u = in.recurrent.shape()[0];
  const auto sigmoid_of = [](double v) { return 1 / (1 + std::exp(-v)); };
  std::vector<double> h(static_cast<std::size_t>(u)), c = h, y = h;
  for (Index j = 0; j < u; ++j) {
    if (in.states[0].defined()) h[static_cast<std::size_t>(j)] = in.states[0](sample, j);
    if (in.states[1].defined()) c[static_cast<std::size_t>(j)] = in.states[1](sample, j);
  }
  std::vector<std::vector<double>> rows;
  for (Index s = 0; s < steps; ++s) {
    const Index t = in.options.go_backwards ? steps - 1 - s : s;
    if (in.mask.defined() && in.mask(sample, t) == 0) {
      if (in.options.zero_output_for_mask) y.assign(y.size(), 0);
      rows.push_back(y);
      continue;
    }
    const auto bias = [&](Index row, Index column) {
      if (!in.bias.defined()) return 0.0;
      return in.bias.rank() == 2 ? in.bias(row, column) : row == 0 ? in.bias(column) : 0.0;
    };
    const auto of_x = [&](Index column) {
      double sum = bias(0, column);
      for (Index k = 0; k < features; ++k) sum += in.x(sample, t, k) * in.kernel(k, column);
      return sum;
    };
    const auto of_h = [&](Index column, const std::vector<double>& state) {
      double sum = bias(1, column);
      for (Index k = 0; k < u; ++k) sum += state[static_cast<std::size_t>(k)] * in.recurrent(k, column);
      return sum;
    };
    std::vector<double> next = h, reset = h;
    for (Index k = 0; kind == Kind::gru_before && k < u; ++k)
      reset[static_cast<std::size_t>(k)] *= sigmoid_of(of_x(u + k) + of_h(u + k, h));
    for (Index j = 0; j < u; ++j) {
      const auto at = static_cast<std::size_t>(j);
      if (kind == Kind::simple_rnn) {
        next[at] = std::tanh(of_x(j) + of_h(j, h));
      } else if (kind == Kind::lstm) {
        const double in_gate = sigmoid_of(of_x(j) + of_h(j, h)), forget = sigmoid_of(of_x(u + j) + of_h(u + j, h));
        c[at] = forget * c[at] + in_gate * std::tanh(of_x(2 * u + j) + of_h(2 * u + j, h));
        next[at] = sigmoid_of(of_x(3 * u + j) + of_h(3 * u + j, h)) * std::tanh(c[at]);
      } else {
        const double z = sigmoid_of(of_x(j) + of_h(j, h));
        const double from_h = kind == Kind::gru_before ? of_h(2 * u + j, reset)
                                                       : sigmoid_of(of_x(u + j) + of_h(u + j, h)) * of_h(2 * u + j, h);
        next[at] = z * h[at] + (1 - z) * std::tanh(of_x(2 * u + j) + from_h);
      }
    }
    h = y = next;
    rows.push_back(y);
  }
  rows.push_back(h);
  if (kind == Kind::lstm) rows.push_back(c);
  return rows;
}

template <class Check>
void for_all_options(const Check& check) {
  for (int bits = 0; bits < 32; ++bits)
    check(Given{(bits & 1) != 0,
                (bits & 2) != 0,
                bits % 3 != 0,
                {.return_sequences = (bits & 4) != 0,
                 .go_backwards = (bits & 8) != 0,
                 .zero_output_for_mask = (bits & 16) != 0}});
}
std::string described(Kind kind, const Given& g) {
  return text("kind ", static_cast<int>(kind), ", states ", g.states, ", mask ", g.mask, ", sequences ",
              g.options.return_sequences, ", backwards ", g.options.go_backwards, ", zero ",
              g.options.zero_output_for_mask);
}

TEST(Recurrent, AgreesWithTheFormulas) {
  for (const Kind kind : kinds)
    for_all_options([&](const Given& given) {
      const auto in = sequence<double>(kind, {3, 5, 2, 4}, given);
      const auto out = at_once(kind, in);
      for (Index b = 0; b < 3; ++b) {
        const auto rows = naive(kind, in, b);
        for (Index j = 0; j < 4; ++j) {
          const auto at = static_cast<std::size_t>(j);
          if (given.options.return_sequences) {
            for (Index t = 0; t < 5; ++t)
              EXPECT_NEAR(out.y(b, t, j), rows[static_cast<std::size_t>(t)][at], 1e-13) << described(kind, given);
          } else {
            EXPECT_NEAR(out.y(b, j), rows[4][at], 1e-13) << described(kind, given);
          }
          for (std::size_t i = 0; i < states_of(kind); ++i)
            EXPECT_NEAR(out.states[i](b, j), rows[5 + i][at], 1e-13) << described(kind, given);
        }
      }
    });
}

/// Returns the gradients of a weighted sum of all outputs with respect to all watched tensors; computed twice by one
/// tape.
template <class S, class Run>
std::vector<Tensor<S>> gradients(detail::SequenceInput<S> in, const Run& run) {
  GradientTape<S> tape({.persistent = true});
  std::vector<Tensor<S>> watched;
  for (Tensor<S>* t : {&in.x, &in.kernel, &in.recurrent, &in.bias, &in.states[0], &in.states[1]})
    if (t->defined()) {
      tape.watch(*t);
      watched.push_back(*t);
    }
  const SequenceOutput<S> out = run(in);
  Tensor<S> loss = sum(out.y * random_tensor<S>(out.y.shape(), 20));
  for (std::size_t i = 0; i < out.states.size(); ++i)
    loss = loss + sum(out.states[i] * random_tensor<S>(out.states[i].shape(), 21 + i));
  const auto first = tape.gradient(loss, watched), again = tape.gradient(loss, watched);
  for (std::size_t i = 0; i < first.size(); ++i)
    EXPECT_TRUE(tensors_equal(first[i], again[i])) << "second backward pass of a persistent tape, " << i;
  return first;
}

template <class S>
void expect_as_by_steps(Kind kind, const Sizes& n, const Given& given, double tolerance) {
  const auto in = sequence<S>(kind, n, given);
  const std::string where = described(kind, given) + text(", batch ", n.batch, ", units ", n.units);
  const auto fast = at_once(kind, in), slow = by_steps(kind, in);
  EXPECT_TRUE(tensors_near(fast.y, slow.y, tolerance)) << where;
  for (std::size_t i = 0; i < fast.states.size(); ++i)
    EXPECT_TRUE(tensors_near(fast.states[i], slow.states[i], tolerance)) << where;
  const auto got = gradients<S>(in, [&](const auto& again) { return at_once(kind, again); });
  const auto expected = gradients<S>(in, [&](const auto& again) { return by_steps(kind, again); });
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_TRUE(tensors_near(got[i], expected[i], tolerance)) << where << ", gradient " << i;
}

TEST(Recurrent, WholeSequencesAgreeWithSingleSteps) {
  for (const Kind kind : kinds) {
    for_all_options([&](const Given& given) { expect_as_by_steps<double>(kind, {3, 4, 2, 3}, given, 1e-12); });
    for (const Index units : {1, 7, 8, 16, 17, 33})
      for (const Index batch : {1, 16, 19}) {
        const Given all{true, true, true, {.return_sequences = true}};
        expect_as_by_steps<double>(kind, {batch, 3, 5, units}, all, 1e-12);
        expect_as_by_steps<float>(kind, {batch, 3, 5, units}, all, 2e-5);
      }
    expect_as_by_steps<double>(kind, {2, 1, 3, 4}, {}, 1e-12);
  }
}

TEST(Recurrent, GradientsOfGradients) {
  for (const Kind kind : kinds) {
    const auto in = sequence<double>(kind, {2, 3, 2, 2}, {true, true, true, {.return_sequences = true}});
    std::vector<Tensor<double>> inputs{in.x, in.kernel, in.recurrent, in.bias, in.states[0]};
    if (kind == Kind::lstm) inputs.push_back(in.states[1]);
    const auto run = [&](const std::vector<Tensor<double>>& v) {
      detail::SequenceInput<double> again{
          v[0], v[1], v[2], v[3], {v[4], v.size() > 5 ? v[5] : Tensor<double>()}, in.mask, in.options};
      const auto out = at_once(kind, again);
      Tensor<double> y = sum(out.y * random_tensor<double>(out.y.shape(), 20));
      for (const auto& state : out.states) y = y + sum(state * random_tensor<double>(state.shape(), 21));
      return y;
    };
    EXPECT_TRUE(check_gradient(run, inputs, {.second_order = true})) << "kind " << static_cast<int>(kind);
  }
}

TEST(Recurrent, GradientsOfWhatIsWatchedOnly) {
  for (const Kind kind : kinds) {
    const auto in = sequence<double>(kind, {2, 3, 2, 2}, {});
    EXPECT_TRUE(check_gradient(
        [&](const Tensor<double>& x) {
          auto again = in;
          again.x = x;
          return at_once(kind, again).y;
        },
        {in.x}));
    EXPECT_TRUE(check_gradient(
        [&](const Tensor<double>& state) {
          auto again = in;
          again.states[0] = state;
          return at_once(kind, again).states[0];
        },
        {random_tensor<double>({2, 2}, 9)}));
  }
}

TEST(Recurrent, TheSameBitsForAnyNumberOfThreads) {
  for (const Kind kind : kinds)
    for (const Index batch : {9, 64, 100}) {
      const auto in =
          sequence<float>(kind, {batch, 12, 24, 50}, {false, batch == 64, true, {.return_sequences = true}});
      std::vector<std::vector<Tensor<float>>> found;
      for (const int threads : {1, 2, 3, 7})
        with_threads(threads, [&] {
          found.push_back(gradients<float>(in, [&](const auto& again) { return at_once(kind, again); }));
          found.back().push_back(at_once(kind, in).y);
        });
      for (const auto& other : found)
        for (std::size_t i = 0; i < other.size(); ++i)
          EXPECT_TRUE(tensors_equal(other[i], found[0][i])) << "kind " << static_cast<int>(kind) << ", " << i;
    }
}

TEST(Recurrent, AnEmptyBatchHasOutputsAndZeroGradients) {
  for (const Kind kind : kinds) {
    const auto in = sequence<double>(kind, {0, 3, 2, 4}, {false, true, true, {.return_sequences = true}});
    EXPECT_EQ(at_once(kind, in).y.shape(), (Shape{0, 3, 4}));
    const auto found = gradients<double>(in, [&](const auto& again) { return at_once(kind, again); });
    EXPECT_TRUE(tensors_equal(found[2], Tensor<double>::zeros(in.recurrent.shape())));
  }
}

TEST(Recurrent, ValuesOfMaskedStepsHaveNoEffect) {
  for (const Kind kind : kinds) {
    auto in = sequence<float>(kind, {4, 6, 3, 5}, {false, true, true, {.return_sequences = true}});
    auto other = in;
    float* x = other.x.mutable_data();
    for (Index b = 0; b < 4; ++b)
      for (Index t = 0; t < 6; ++t)
        if (in.mask(b, t) == 0) std::fill_n(x + (b * 6 + t) * 3, 3, std::numeric_limits<float>::quiet_NaN());
    EXPECT_TRUE(tensors_equal(at_once(kind, other).y, at_once(kind, in).y));
    const auto run = [&](const auto& again) { return at_once(kind, again); };
    const auto got = gradients<float>(other, run), expected = gradients<float>(in, run);
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(tensors_equal(got[i], expected[i])) << i;
  }
}

TEST(Recurrent, ARepeatedStepAllocatesNothing) {
  for (const Kind kind : kinds) {
    const auto in = sequence<float>(kind, {32, 10, 8, 24}, {false, true, true, {}});
    const auto step = [&] { gradients<float>(in, [&](const auto& again) { return at_once(kind, again); }); };
    step();
    step();
    const std::size_t before = memory_statistics().system_allocations;
    step();
    EXPECT_EQ(memory_statistics().system_allocations, before);
  }
}

TEST(Recurrent, ShapesThatDoNotFitAreErrors) {
  const auto good = sequence<float>(Kind::lstm, {2, 3, 2, 4}, {true, true, true, {}});
  const auto with = [&](auto change) {
    return [&, change] {
      auto in = good;
      change(in);
      return at_once(Kind::lstm, in);
    };
  };
  EXPECT_TRUE(raises<ShapeError>(with([](auto& in) {
                                   in.x = Tensor<float>::zeros({2, 3});
                                 }),
                                 {"x of shape (batch, steps, features)", "(2, 3)"}));
  EXPECT_TRUE(raises<ShapeError>(with([](auto& in) { in.kernel = Tensor<float>::zeros({2, 12}); }), {"(2, 12)"}));
  EXPECT_TRUE(raises<ShapeError>(with([](auto& in) {
                                   in.x = Tensor<float>::zeros({2, 0, 2});
                                 }),
                                 {"at least one step"}));
  EXPECT_TRUE(raises<ShapeError>(with([](auto& in) {
                                   in.states[1] = Tensor<float>::zeros({2, 5});
                                 }),
                                 {"initial state of shape (2, 4)", "(2, 5)"}));
  EXPECT_TRUE(raises<ShapeError>(with([](auto& in) {
                                   in.mask = Tensor<float>::ones({3, 2});
                                 }),
                                 {"a mask of shape (2, 3)", "(3, 2)"}));
}

TEST(GateFunctions, AreAccurateEverywhereAndBoundedByOne) {
  double worst_tanh = 0, worst_sigmoid = 0;
  for (int i = -400000; i <= 400000; ++i) {
    const auto x = static_cast<float>(i) * 5e-5f;
    const float t = kernels::detail::gate_tanh(kernels::Pack<float, 1>{x}).v,
                s = kernels::detail::gate_sigmoid(kernels::Pack<float, 1>{x}).v;
    const double exact = std::tanh(static_cast<double>(x));
    if (i != 0) worst_tanh = std::max(worst_tanh, std::fabs((static_cast<double>(t) - exact) / exact));
    worst_sigmoid =
        std::max(worst_sigmoid, std::fabs(static_cast<double>(s) - 1 / (1 + std::exp(-static_cast<double>(x)))));
    ASSERT_LE(std::fabs(t), 1.f) << x;
    ASSERT_TRUE(s >= 0.f && s <= 1.f) << x;
  }
  EXPECT_LE(worst_tanh, 3.5e-7);
  EXPECT_LE(worst_sigmoid, 3e-7);
  const auto at = [](float x) { return kernels::detail::gate_tanh(kernels::Pack<float, 1>{x}).v; };
  EXPECT_EQ(at(0.f), 0.f);
  EXPECT_TRUE(std::isnan(at(std::numeric_limits<float>::quiet_NaN())));
  EXPECT_FLOAT_EQ(at(std::numeric_limits<float>::infinity()), 1.f);
  EXPECT_FLOAT_EQ(at(-1e30f), -1.f);
}

}  // namespace
}  // namespace lamina
