#pragma once
#include <gtest/gtest.h>

#include <lamina/kernels/rnn/gru.hpp>
#include <lamina/kernels/rnn/lstm.hpp>
#include <lamina/kernels/rnn/simple_rnn.hpp>

#include <initializer_list>
#include <string>

#include "support/values.hpp"
#include "support/with_threads.hpp"

// Kernels of recurrent layers: forward passes are compared with plain loops in double, backward passes with finite
// differences of these loops.

namespace lamina::testing::recurrent_kernels {

using kernels::Recurrence;

enum class Cell { simple_rnn, lstm, gru_reset_after, gru_reset_before };

inline Index gates_of(Cell cell) { return cell == Cell::simple_rnn ? 1 : cell == Cell::lstm ? 4 : 3; }

/// A test case: the sizes of the sequences, and the options of the kernels.
struct Case {
  Cell cell;
  Index steps, batch, units;
  bool masked = false, started = true, all_outputs = true, zero_hidden = false;
  Index columns() const { return gates_of(cell) * units; }
};

/// The inputs: z (steps, batch, gates units), U (units, gates units), the bias of a GRU's recurrent product (gates
/// units), the initial states (batch, units), and a mask (steps, batch).
template <class S>
struct Inputs {
  Values<S> z, recurrent, bias, h, c, mask;
  explicit Inputs(const Case& n)
      : z(random_values<S>(n.steps * n.batch * n.columns(), 1)),
        recurrent(random_values<S>(n.units * n.columns(), 2)),
        bias(random_values<S>(n.columns(), 3)),
        h(random_values<S>(n.batch * n.units, 4)),
        c(random_values<S>(n.batch * n.units, 5)),
        mask(random_values<S>(n.steps * n.batch, 6)) {
    for (S& v : mask) v = v > S(-0.2) ? S(1) : S(0);
    if (!n.started) {
      std::fill(h.begin(), h.end(), S(0));
      std::fill(c.begin(), c.end(), S(0));
    }
    for (S& v : recurrent) v /= static_cast<S>(1 << (n.units > 8 ? 2 : 0));
  }
};

struct Plain {
  Values<double> y, h, c;  // outputs (batch, steps or 1, units), and the final states
};

inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

inline Plain by_loops(const Case& n, const Values<double>& z, const Inputs<double>& in, const Values<double>& h_first,
                      const Values<double>& c_first) {
  const Index u = n.units, columns = n.columns();
  Plain r{Values<double>(n.batch * (n.all_outputs ? n.steps : 1) * u), h_first, c_first};
  for (Index b = 0; b < n.batch; ++b)
    for (Index t = 0; t < n.steps; ++t) {
      const bool hidden = n.masked && in.mask[t * n.batch + b] == 0;
      const double* x = z.data() + (t * n.batch + b) * columns;
      Values<double> before(u), product(columns);
      for (Index i = 0; i < u; ++i) before[i] = r.h[b * u + i];
      const auto multiply = [&](const Values<double>& state, Index begin, Index end) {
        for (Index j = begin; j < end; ++j) {
          product[j] = n.cell == Cell::gru_reset_after ? in.bias[j] : 0;
          for (Index i = 0; i < u; ++i) product[j] += state[i] * in.recurrent[i * columns + j];
        }
      };
      multiply(before, 0, columns);
      if (n.cell == Cell::gru_reset_before) {
        Values<double> reset(u);
        for (Index i = 0; i < u; ++i) reset[i] = sigmoid(x[u + i] + product[u + i]) * before[i];
        multiply(reset, 2 * u, 3 * u);
      }
      for (Index i = 0; i < u; ++i) {
        double& h = r.h[b * u + i];
        double* y = r.y.data() + (n.all_outputs ? (b * n.steps + t) * u : b * u) + i;
        if (!hidden) {
          if (n.cell == Cell::simple_rnn) {
            h = std::tanh(x[i] + product[i]);
          } else if (n.cell == Cell::lstm) {
            double& c = r.c[b * u + i];
            c = sigmoid(x[u + i] + product[u + i]) * c +
                sigmoid(x[i] + product[i]) * std::tanh(x[2 * u + i] + product[2 * u + i]);
            h = sigmoid(x[3 * u + i] + product[3 * u + i]) * std::tanh(c);
          } else {
            const double update = sigmoid(x[i] + product[i]), reset = sigmoid(x[u + i] + product[u + i]);
            const double recalled = n.cell == Cell::gru_reset_after ? reset * product[2 * u + i] : product[2 * u + i];
            h = update * before[i] + (1 - update) * std::tanh(x[2 * u + i] + recalled);
          }
          *y = h;
        } else if (n.zero_hidden || t == 0) {
          *y = 0;
        } else if (n.all_outputs) {
          *y = y[-u];
        }
      }
    }
  return r;
}

template <class S>
Recurrence<S> recurrence(const Case& n, const Inputs<S>& in, bool kept, S* y) {
  Recurrence<S> r;
  r.steps = n.steps, r.batch = n.batch, r.units = n.units;
  r.mask = n.masked ? in.mask.data() : nullptr;
  r.started = n.started;
  r.kept = kept;
  r.y = y;
  r.y_row = n.all_outputs ? n.steps * n.units : n.units;
  r.y_step = n.all_outputs ? n.units : 0;
  r.zero_hidden = n.zero_hidden;
  return r;
}

/// All arrays that a forward pass writes: the gates (in place of z), the states, and those that backward passes need.
template <class S>
struct Forward {
  Values<S> y, gates, h, c, extra, product;
};

template <class S>
Forward<S> forward(const Case& n, const Inputs<S>& in, bool kept) {
  const Index state = n.batch * n.units, states = kept ? (n.steps + 1) * state : state;
  Forward<S> f{Values<S>(n.batch * (n.all_outputs ? n.steps : 1) * n.units, S(9)),
               in.z,
               Values<S>(states, S(9)),
               Values<S>(states, S(9)),
               Values<S>(kept ? n.steps * state : state, S(9)),
               Values<S>(n.batch * n.columns(), S(9))};
  std::copy(in.h.begin(), in.h.end(), f.h.begin());
  std::copy(in.c.begin(), in.c.end(), f.c.begin());
  const Recurrence<S> r = recurrence(n, in, kept, f.y.data());
  S* const extra = kept ? f.extra.data() : nullptr;
  if (n.cell == Cell::simple_rnn) {
    // z is in the memory of the states.
    Values<S> z = in.z;
    if (kept) {
      std::copy(z.begin(), z.end(), f.h.begin() + state);
      kernels::simple_rnn<S>(r, in.recurrent.data(), f.h.data());
    }
  } else if (n.cell == Cell::lstm) {
    kernels::lstm<S>(r, in.recurrent.data(), f.gates.data(), f.h.data(), f.c.data(), extra);
  } else if (n.cell == Cell::gru_reset_after) {
    kernels::gru_reset_after<S>(r, in.recurrent.data(), in.bias.data(), f.gates.data(), f.product.data(), f.h.data(),
                                extra);
  } else {
    kernels::gru_reset_before<S>(r, in.recurrent.data(), f.gates.data(), f.extra.data(), f.h.data());
  }
  return f;
}

template <class S>
struct Gradients {
  Values<S> dz, dm, dh, dc;
};

template <class S>
Gradients<S> backward(const Case& n, const Inputs<S>& in, const Forward<S>& f, const Values<S>& dy, const Values<S>& dh,
                      const Values<S>& dc) {
  const Index u = n.units, columns = n.columns();
  Gradients<S> g{Values<S>(in.z.count(), S(9)), Values<S>(in.z.count(), S(9)), dh, dc};
  Values<S> transposed(u * columns), repeated(n.batch * u), reset(n.batch * u), y = dy;
  for (Index i = 0; i < u; ++i)
    for (Index j = 0; j < columns; ++j) transposed[j * u + i] = in.recurrent[i * columns + j];
  const Recurrence<S> r = recurrence(n, in, true, y.data());
  S* const later = n.masked ? repeated.data() : nullptr;
  if (n.cell == Cell::simple_rnn)
    kernels::simple_rnn_backward<S>(r, transposed.data(), f.h.data(), g.dz.data(), g.dh.data(), later);
  else if (n.cell == Cell::lstm)
    kernels::lstm_backward<S>(r, transposed.data(), f.gates.data(), f.c.data(), f.extra.data(), g.dz.data(),
                              g.dh.data(), g.dc.data(), later);
  else if (n.cell == Cell::gru_reset_after)
    kernels::gru_reset_after_backward<S>(r, transposed.data(), f.gates.data(), f.extra.data(), f.h.data(), g.dz.data(),
                                         g.dm.data(), g.dh.data(), later);
  else
    kernels::gru_reset_before_backward<S>(r, transposed.data(), f.gates.data(), f.h.data(), g.dz.data(), reset.data(),
                                          g.dh.data(), later);
  return g;
}

template <class S>
Values<S> last_state(const Case& n, const Values<S>& states) {
  Values<S> last(n.batch * n.units);
  std::copy(states.end() - last.count(), states.end(), last.begin());
  return last;
}

inline std::string text_of(const Case& n) {
  return text("cell ", static_cast<int>(n.cell), ", ", n.steps, " steps of ", n.batch, " samples, ", n.units, " units",
              n.masked ? ", masked" : "", n.started ? "" : ", not started", n.all_outputs ? "" : ", last output",
              n.zero_hidden ? ", hidden outputs are zeros" : "");
}

template <class S>
class RecurrentKernels : public ::testing::Test {
 protected:
  // tanh of the gates has an error of up to 3e-7 in float.
  static constexpr double tolerance = sizeof(S) == 4 ? 2e-5 : 1e-12;

  static void check_forward(const Case& n) {
    SCOPED_TRACE(text_of(n));
    const Inputs<S> in(n);
    const Inputs<double> plain_in(n);
    const Plain plain = by_loops(n, in_double(in.z), plain_in, in_double(in.h), in_double(in.c));
    for (const bool kept : {true, false}) {
      if (!kept && n.cell == Cell::simple_rnn) continue;  // its z is in the memory of the states
      const Forward<S> f = forward(n, in, kept);
      EXPECT_TRUE(values_near(f.y, plain.y, tolerance)) << (kept ? "kept" : "not kept");
      EXPECT_TRUE(values_near(last_state(n, f.h), plain.h, tolerance)) << (kept ? "kept" : "not kept");
      if (n.cell != Cell::lstm) continue;
      EXPECT_TRUE(values_near(last_state(n, f.c), plain.c, tolerance)) << (kept ? "kept" : "not kept");
    }
  }

  static void check_backward(const Case& n) {
    SCOPED_TRACE(text_of(n));
    const Inputs<S> in(n);
    const Inputs<double> plain_in(n);
    const Index state = n.batch * n.units;
    const Values<S> dy = random_values<S>(n.batch * (n.all_outputs ? n.steps : 1) * n.units, 7),
                    dh = random_values<S>(state, 8);
    Values<S> dc = random_values<S>(state, 9);
    const Gradients<S> g = backward(n, in, forward(n, in, true), dy, dh, dc);
    // The loss: the sum of all results times their upstream gradients.
    const auto loss = [&](const Values<double>& z, const Values<double>& h, const Values<double>& c) {
      const Plain r = by_loops(n, z, plain_in, h, c);
      double sum = 0;
      for (Index i = 0; i < r.y.count(); ++i) sum += r.y[i] * static_cast<double>(dy[i]);
      for (Index i = 0; i < state; ++i) {
        sum += r.h[i] * static_cast<double>(dh[i]);
        if (n.cell == Cell::lstm) sum += r.c[i] * static_cast<double>(dc[i]);
      }
      return sum;
    };
    Values<double> z = in_double(in.z), h = in_double(in.h), c = in_double(in.c);
    const auto differences = [&](Values<double>& of) {
      Values<double> result(of.count());
      constexpr double step = 1e-5;
      for (Index i = 0; i < of.count(); ++i) {
        const double x = of[i];
        of[i] = x + step;
        result[i] = loss(z, h, c);
        of[i] = x - step;
        result[i] = (result[i] - loss(z, h, c)) / (2 * step);
        of[i] = x;
      }
      return result;
    };
    const double within = tolerance * 5 + 1e-8;
    const Values<double> dz = differences(z);
    EXPECT_TRUE(values_near(g.dz, dz, within));
    if (n.cell == Cell::gru_reset_after) {
      // The gradient of the recurrent product differs from that of z only in the candidate, by the reset gate.
      const Forward<S> f = forward(n, in, true);
      Values<double> dm = dz;
      for (Index row = 0; row < n.steps * n.batch; ++row)
        for (Index j = 2 * n.units; j < 3 * n.units; ++j)
          dm[row * n.columns() + j] *= static_cast<double>(f.gates[row * n.columns() + j - n.units]);
      for (Index i = 0; i < dm.count(); ++i)
        if (dz[i] == 0) dm[i] = 0;  // the gates of a masked step are not computed
      EXPECT_TRUE(values_near(g.dm, dm, within));
    }
    if (!n.started) return;
    EXPECT_TRUE(values_near(g.dh, differences(h), within));
    if (n.cell != Cell::lstm) return;
    EXPECT_TRUE(values_near(g.dc, differences(c), within));
  }

  static void forward_of_every_width(std::initializer_list<Cell> cells) {
    for (const Cell cell : cells)
      for (const Index units : edge_widths)
        if (units > 0 && units < 100) check_forward({cell, 3, 2, units});
  }

  static void forward_of_every_batch_and_number_of_steps(std::initializer_list<Cell> cells) {
    for (const Cell cell : cells)
      for (const Index batch : {0, 1, 15, 16, 17, 40})
        for (const Index steps : {1, 2, 5}) check_forward({cell, steps, batch, 5});
  }

  static void forward_with_masks_and_every_kind_of_output(std::initializer_list<Cell> cells) {
    for (const Cell cell : cells)
      for (const bool masked : {false, true})
        for (const bool started : {false, true})
          for (const bool all_outputs : {false, true})
            for (const bool zero_hidden : {false, true})
              check_forward({cell, 6, 5, 9, masked, started, all_outputs, zero_hidden});
  }

  static void backward_of_every_width(std::initializer_list<Cell> cells) {
    for (const Cell cell : cells)
      for (const Index units : {1, 3, 4, 7, 8, 9, 16, 17}) check_backward({cell, 2, 1, units});
  }

  static void backward_with_masks_and_every_kind_of_output(std::initializer_list<Cell> cells) {
    for (const Cell cell : cells)
      for (const bool masked : {false, true})
        for (const bool started : {false, true})
          for (const bool all_outputs : {false, true})
            for (const bool zero_hidden : {false, true})
              check_backward({cell, 4, 3, 3, masked, started, all_outputs, zero_hidden});
  }

  static void the_same_bits_for_any_number_of_threads(std::initializer_list<Cell> cells) {
    for (const Cell cell : cells) {
      const Case n{cell, 9, 50, 40, true};
      const Inputs<S> in(n);
      const Values<S> dy = random_values<S>(50 * 9 * 40, 7), dh = random_values<S>(50 * 40, 8),
                      dc = random_values<S>(50 * 40, 9);
      Forward<S> f_alone;
      Gradients<S> g_alone;
      for (const int threads : {1, 2, 3})
        with_threads(threads, [&] {
          const Forward<S> f = forward(n, in, true);
          const Gradients<S> g = backward(n, in, f, dy, dh, dc);
          if (threads == 1) f_alone = f, g_alone = g;
          EXPECT_TRUE(same_bits(f.y, f_alone.y)) << threads;
          EXPECT_TRUE(same_bits(f.h, f_alone.h)) << threads;
          EXPECT_TRUE(same_bits(g.dz, g_alone.dz)) << threads;
          EXPECT_TRUE(same_bits(g.dh, g_alone.dh)) << threads;
        });
    }
  }
};

}  // namespace lamina::testing::recurrent_kernels
