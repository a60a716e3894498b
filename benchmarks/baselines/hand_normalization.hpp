#pragma once

#include <Eigen/Core>

#include "data.hpp"

namespace baselines {

using Columns = Eigen::Array<float, 1, Eigen::Dynamic>;
using Values = Eigen::Array<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Batch normalization of (rows, channels) by whole-array expressions of Eigen, forward and backward.
class HandBatchNormalization {
 public:
  HandBatchNormalization(Index rows, Index channels, int /*threads*/)
      : x_(Values::Random(rows, channels)),
        dy_(Values::Random(rows, channels)),
        y_(rows, channels),
        dx_(rows, channels),
        gamma_(Columns::Ones(channels)),
        beta_(Columns::Zero(channels)),
        moving_mean_(Columns::Zero(channels)),
        moving_variance_(Columns::Ones(channels)) {}

  void train() {
    const auto n = static_cast<float>(x_.rows());
    const Columns mean = x_.colwise().sum() / n;
    Columns variance = Columns::Zero(x_.cols());
    for (Index r = 0; r < x_.rows(); ++r) variance += (x_.row(r) - mean).square();
    variance /= n;
    moving_mean_ = moving_mean_ * 0.99F + mean * 0.01F;
    moving_variance_ = moving_variance_ * 0.99F + variance * 0.01F;
    const Columns inverse = (variance + 1e-3F).rsqrt(), scale = inverse * gamma_;
    for (Index r = 0; r < x_.rows(); ++r) y_.row(r) = (x_.row(r) - mean) * scale + beta_;

    Columns plain = Columns::Zero(x_.cols()), scaled = plain;
    for (Index r = 0; r < x_.rows(); ++r) {
      plain += dy_.row(r);
      scaled += dy_.row(r) * (x_.row(r) - mean);
    }
    dbeta_ = plain;
    dgamma_ = scaled * inverse;
    const Columns by_x = -scale * inverse.square() * scaled / n, fixed = -scale * plain / n;
    for (Index r = 0; r < x_.rows(); ++r) dx_.row(r) = dy_.row(r) * scale + (x_.row(r) - mean) * by_x + fixed;
  }
  void infer() {
    const Columns scale = (moving_variance_ + 1e-3F).rsqrt() * gamma_;
    for (Index r = 0; r < x_.rows(); ++r) y_.row(r) = (x_.row(r) - moving_mean_) * scale + beta_;
  }

 private:
  Values x_, dy_, y_, dx_;
  Columns gamma_, beta_, moving_mean_, moving_variance_, dgamma_, dbeta_;
};

/// Layer normalization of (rows, features), row by row, forward and backward.
class HandLayerNormalization {
 public:
  HandLayerNormalization(Index rows, Index features, int /*threads*/)
      : x_(Values::Random(rows, features)),
        dy_(Values::Random(rows, features)),
        y_(rows, features),
        dx_(rows, features),
        gamma_(Columns::Ones(features)),
        beta_(Columns::Zero(features)),
        mean_(rows),
        inverse_(rows) {}

  void infer() {
    for (Index r = 0; r < x_.rows(); ++r) {
      mean_(r) = x_.row(r).mean();
      inverse_(r) = 1 / std::sqrt((x_.row(r) - mean_(r)).square().mean() + 1e-3F);
      y_.row(r) = (x_.row(r) - mean_(r)) * inverse_(r) * gamma_ + beta_;
    }
  }
  void train() {
    infer();
    dgamma_ = dbeta_ = Columns::Zero(x_.cols());
    Columns scaled(x_.cols()), standard(x_.cols());
    for (Index r = 0; r < x_.rows(); ++r) {
      standard = (x_.row(r) - mean_(r)) * inverse_(r);
      scaled = dy_.row(r) * gamma_;
      dbeta_ += dy_.row(r);
      dgamma_ += dy_.row(r) * standard;
      dx_.row(r) = (scaled - scaled.mean() - standard * (scaled * standard).mean()) * inverse_(r);
    }
  }

 private:
  Values x_, dy_, y_, dx_;
  Columns gamma_, beta_, mean_, inverse_, dgamma_, dbeta_;
};

}  // namespace baselines
