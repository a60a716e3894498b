#pragma once

#include <Eigen/Core>

#include "data.hpp"

namespace baselines {

/// The inputs and outputs of a recurrent layer that returns the last output of each sequence. Steps are the first axis,
/// so that a step is a matrix.
struct RecurrentTask {
  static constexpr Index steps = 50, features = 16, units = 64;

  RecurrentTask(Index samples, Index gates)
      : batch(samples),
        x(Matrix::Random(steps * samples, features)),
        dy(Matrix::Random(samples, units)),
        kernel(glorot(features, gates * units, 1)),
        recurrent(glorot(units, gates * units, 2)),
        bias(Row::Zero(gates * units)) {}

  Index batch;
  Matrix x, dy, kernel, recurrent;
  Row bias;
};

/// Shared by LSTM and GRU: one product over all steps before the forward loop, and three after the backward loop.
class HandRecurrent : protected RecurrentTask {
 protected:
  HandRecurrent(Index samples, Index gates)
      : RecurrentTask(samples, gates),
        n_(gates * units),
        z_(steps * samples, n_),
        h_(Matrix::Zero((steps + 1) * samples, units)),
        dz_(steps * samples, n_),
        dh_(samples, units) {}

  auto rows(Matrix& m, Index step) { return m.middleRows(step * batch, batch); }
  auto gate(Matrix& m, Index step, Index i) { return m.block(step * batch, i * units, batch, units).array(); }

  void project() {
    z_.noalias() = x * kernel;
    z_.rowwise() += bias;
  }
  /// `dstates`: gradient with respect to the result of the recurrent product.
  void weights_back(const Matrix& dstates) {
    dkernel_.noalias() = x.transpose() * dz_;
    drecurrent_.noalias() = h_.topRows(steps * batch).transpose() * dstates;
    dbias_ = dz_.colwise().sum();
    dx_.noalias() = dz_ * kernel.transpose();
  }

  Index n_;
  Matrix z_, h_, dz_, dh_, dkernel_, drecurrent_, dx_;
  Row dbias_;
};

/// LSTM with the gates in Keras's order: i f g o.
class HandLstm : HandRecurrent {
 public:
  explicit HandLstm(Index samples, int = 1)
      : HandRecurrent(samples, 4),
        c_(Matrix::Zero((steps + 1) * samples, units)),
        tanh_c_(steps * samples, units),
        dc_(samples, units) {}

  void forward() {
    project();
    for (Index t = 0; t < steps; ++t) {
      if (t > 0) rows(z_, t).noalias() += rows(h_, t) * recurrent;
      auto i = gate(z_, t, 0), f = gate(z_, t, 1), g = gate(z_, t, 2), o = gate(z_, t, 3);
      i = i.logistic();
      f = f.logistic();
      g = g.tanh();
      o = o.logistic();
      rows(c_, t + 1).array() = f * rows(c_, t).array() + i * g;
      rows(tanh_c_, t).array() = rows(c_, t + 1).array().tanh();
      rows(h_, t + 1).array() = o * rows(tanh_c_, t).array();
    }
  }

  void train() {
    forward();
    dh_ = dy;
    dc_.setZero();
    for (Index t = steps; t-- > 0;) {
      auto i = gate(z_, t, 0), f = gate(z_, t, 1), g = gate(z_, t, 2), o = gate(z_, t, 3);
      auto tanh_c = rows(tanh_c_, t).array();
      dc_.array() += dh_.array() * o * (1 - tanh_c.square());
      gate(dz_, t, 0) = dc_.array() * g * i * (1 - i);
      gate(dz_, t, 1) = dc_.array() * rows(c_, t).array() * f * (1 - f);
      gate(dz_, t, 2) = dc_.array() * i * (1 - g.square());
      gate(dz_, t, 3) = dh_.array() * tanh_c * o * (1 - o);
      dc_.array() *= f;
      dh_.noalias() = rows(dz_, t) * recurrent.transpose();
    }
    weights_back(dz_);
  }

 private:
  Matrix c_, tanh_c_, dc_;
};

/// GRU with the reset gate applied after the recurrent product, which has its own bias; the gates in Keras's order:
/// z r h.
class HandGru : HandRecurrent {
 public:
  explicit HandGru(Index samples, int = 1)
      : HandRecurrent(samples, 3), s_(steps * samples, n_), ds_(steps * samples, n_), recurrent_bias_(Row::Zero(n_)) {}

  void forward() {
    project();
    for (Index t = 0; t < steps; ++t) {
      rows(s_, t).rowwise() = recurrent_bias_;
      if (t > 0) rows(s_, t).noalias() += rows(h_, t) * recurrent;
      auto update = gate(z_, t, 0), reset = gate(z_, t, 1), candidate = gate(z_, t, 2);
      update = (update + gate(s_, t, 0)).logistic();
      reset = (reset + gate(s_, t, 1)).logistic();
      candidate = (candidate + reset * gate(s_, t, 2)).tanh();
      rows(h_, t + 1).array() = candidate + update * (rows(h_, t).array() - candidate);
    }
  }

  void train() {
    forward();
    dh_ = dy;
    for (Index t = steps; t-- > 0;) {
      auto update = gate(z_, t, 0), reset = gate(z_, t, 1), candidate = gate(z_, t, 2);
      gate(dz_, t, 0) = dh_.array() * (rows(h_, t).array() - candidate) * update * (1 - update);
      gate(dz_, t, 2) = dh_.array() * (1 - update) * (1 - candidate.square());
      gate(dz_, t, 1) = gate(dz_, t, 2) * gate(s_, t, 2) * reset * (1 - reset);
      rows(ds_, t).leftCols(2 * units) = rows(dz_, t).leftCols(2 * units);
      gate(ds_, t, 2) = gate(dz_, t, 2) * reset;
      dh_.array() *= update;
      dh_.noalias() += rows(ds_, t) * recurrent.transpose();
    }
    weights_back(ds_);
    drecurrent_bias_ = ds_.colwise().sum();
  }

 private:
  Matrix s_, ds_;
  Row recurrent_bias_, drecurrent_bias_;
};

}  // namespace baselines
