#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/core/list.hpp"
#include "lamina/kernels/layerwise_updates.hpp"
#include "lamina/kernels/matmul.hpp"
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

/// The options of Muon.
struct MuonOptions {
  LearningRate learning_rate = 0.001;  ///< Number >= 0, schedule or function of the step. Default: 0.001.
  double adam_beta_1 = 0.9;            ///< beta_1 of Adam; in [0, 1). Default: 0.9.
  double adam_beta_2 = 0.999;          ///< beta_2 of Adam; in [0, 1). Default: 0.999.
  /// Weight decay of the variables that Adam updates; std::nullopt for none. Default: 0.004.
  std::optional<double> adam_weight_decay = 0.004;
  double epsilon = 1e-7;  ///< epsilon of Adam; >= 0. Default: 1e-7.
  /// Weight decay of all other variables; std::nullopt for none. Default: 0.004.
  std::optional<double> weight_decay = 0.004;
  LAMINA_OPTIMIZER_OPTIONS_BUT_WEIGHT_DECAY
  /// Patterns of the paths of variables that Adam updates; see NamePattern. Default: none.
  std::vector<std::string> exclude_layers = {};
  /// If true, Adam updates variables with "embedding" in their path, in upper or lower case. Default: true.
  bool exclude_embeddings = true;
  double muon_a = 3.4445;    ///< Coefficient a of the Newton-Schulz iteration; finite. Default: 3.4445.
  double muon_b = -4.7750;   ///< Coefficient b of the iteration; finite. Default: -4.7750.
  double muon_c = 2.0315;    ///< Coefficient c of the iteration; finite. Default: 2.0315.
  double adam_lr_ratio = 1;  ///< Learning rate of Adam, as a factor of learning_rate; finite. Default: 1.
  double momentum = 0.95;    ///< Decay rate of the momentum; in [0, 1]. Default: 0.95.
  Index ns_steps = 5;        ///< Number of Newton-Schulz iterations; >= 0. Default: 5.
  bool nesterov = true;      ///< If true, uses Nesterov momentum. Default: true.
  /// Scales steps by rms_rate √max(rows, columns); finite, std::nullopt for the factor 1. Default: 0.2.
  std::optional<double> rms_rate = 0.2;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("learning_rate", self.learning_rate);
    field("adam_beta_1", self.adam_beta_1);
    field("adam_beta_2", self.adam_beta_2);
    field("adam_weight_decay", self.adam_weight_decay);
    field("epsilon", self.epsilon);
    optimizer_fields(self, field);
    field("exclude_layers", self.exclude_layers);
    field("exclude_embeddings", self.exclude_embeddings);
    field("muon_a", self.muon_a);
    field("muon_b", self.muon_b);
    field("muon_c", self.muon_c);
    field("adam_lr_ratio", self.adam_lr_ratio);
    field("momentum", self.momentum);
    field("ns_steps", self.ns_steps);
    field("nesterov", self.nesterov);
    field("rms_rate", self.rms_rate);
  }
};

/// Muon, orthogonalized momentum (Jordan et al., 2024; scaled as by Liu et al., 2025, arXiv:2502.16982).
/// `keras.optimizers.Muon`. For a matrix w with gradient g:
///
///     m = momentum m + g
///     X = g + momentum m if nesterov, else m
///     X = X / |X|
///     ns_steps times: A = X Xᵀ, X = a X + (b A + c A A) X
///     w = w - learning_rate rms_rate √max(rows, columns) X
///
/// Adam updates variables whose rank is not 2, embeddings (`exclude_embeddings`) and those that match `exclude_layers`,
/// which should include the last layer. The state is m and, for Adam, v, with the shape of the variable. |X| is the
/// Frobenius norm. Throws ValueError for an option out of range.
template <class Scalar = float>
class Muon : public Optimizer<Scalar> {
 public:
  using Arguments = MuonOptions;
  explicit Muon(MuonOptions options = {})
      : Optimizer<Scalar>(options.learning_rate, common_optimizer_options(options)), options_(std::move(options)) {
    detail::check_betas(options_.adam_beta_1, options_.adam_beta_2, "Muon");
    detail::check_not_negative(options_.epsilon, "epsilon", "Muon");
    detail::check_fraction(options_.momentum, "momentum", "Muon");
    detail::check_finite(options_.muon_a, "muon_a", "Muon");
    detail::check_finite(options_.muon_b, "muon_b", "Muon");
    detail::check_finite(options_.muon_c, "muon_c", "Muon");
    detail::check_finite(options_.adam_lr_ratio, "adam_lr_ratio", "Muon");
    if (options_.adam_weight_decay) detail::check_finite(*options_.adam_weight_decay, "adam_weight_decay", "Muon");
    if (options_.rms_rate) detail::check_finite(*options_.rms_rate, "rms_rate", "Muon");
    if (options_.ns_steps < 0) raise<ValueError>("Muon: expected ns_steps >= 0, got ", options_.ns_steps);
    for (const std::string& text : options_.exclude_layers) excluded_.emplace_back(text);
  }
  /// Constructs the optimizer with a learning rate and the defaults of all other options.
  explicit Muon(double learning_rate) : Muon(MuonOptions{.learning_rate = learning_rate}) {}

  std::string class_name() const override { return "Muon"; }
  LAMINA_COLD Config get_config() const override { return this->describe(options_); }

 protected:
  LAMINA_COLD void build(const std::vector<Variable<Scalar>>& variables) override {
    for (const auto& v : variables) {
      momenta_.push_back(this->add_variable_from_reference(v, "momentum"));
      velocities_.push_back(uses_adam(v) ? this->add_variable_from_reference(v, "velocity") : Variable<Scalar>());
    }
  }
  std::optional<double> weight_decay_of(const Variable<Scalar>& variable) const override {
    return uses_adam(variable) ? options_.adam_weight_decay : options_.weight_decay;
  }
  void begin_update(Scalar rate) override {
    const Index step = this->iterations() + 1;
    adam_rate_ = rate * static_cast<Scalar>(options_.adam_lr_ratio) *
                 std::sqrt(detail::bias_correction<Scalar>(options_.adam_beta_2, step)) /
                 detail::bias_correction<Scalar>(options_.adam_beta_1, step);
  }
  bool decays_in_update() const override { return true; }
  void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient, Scalar rate) override {
    const Index n = variable.size();
    if (n == 0) return;
    Scalar* m = momenta_[i].mutable_data();
    if (velocities_[i].defined()) {
      kernels::adam<Scalar>(n, variable.mutable_data(), m, velocities_[i].mutable_data(), nullptr, gradient.data(),
                            this->decay_factor(i), adam_rate_, static_cast<Scalar>(1 - options_.adam_beta_1),
                            static_cast<Scalar>(1 - options_.adam_beta_2), static_cast<Scalar>(options_.epsilon));
      return;
    }
    Tensor<Scalar> x = Tensor<Scalar>::empty(variable.shape());
    const auto momentum = static_cast<Scalar>(options_.momentum);
    kernels::map(
        n, m, [=](const auto& g, const auto& before) LAMINA_INLINE_LAMBDA { return before * momentum + g; },
        gradient.data(), m);
    const Scalar gradient_factor = options_.nesterov ? Scalar(1) : Scalar(0),
                 momentum_factor = options_.nesterov ? momentum : 1;
    kernels::map(
        n, x.mutable_data(),
        [=](const auto& g, const auto& now)
            LAMINA_INLINE_LAMBDA { return g * gradient_factor + now * momentum_factor; },
        gradient.data(), m);
    const Index rows = variable.shape()[0], columns = variable.shape()[1];
    orthogonalize(rows, columns, x);
    double scale = static_cast<double>(rate);
    if (options_.rms_rate) scale *= *options_.rms_rate * std::sqrt(static_cast<double>((std::max)(rows, columns)));
    kernels::sgd(n, variable.mutable_data(), x.data(), this->decay_factor(i), static_cast<Scalar>(scale));
  }

 private:
  bool uses_adam(const Variable<Scalar>& variable) const {
    if (variable.shape().rank() != 2) return true;
    if (options_.exclude_embeddings) {
      std::string path = variable.path();
      for (char& c : path)
        if (detail::is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
      if (path.find("embedding") != std::string::npos) return true;
    }
    for (const NamePattern& pattern : excluded_)
      if (pattern.matches(variable.path())) return true;
    return false;
  }

  /// Replaces X by an approximately orthogonal matrix: singular values near 1. The products have the size of the
  /// shorter axis.
  void orthogonalize(Index rows, Index columns, Tensor<Scalar>& x) const {
    const Index n = rows * columns;
    const auto a = static_cast<Scalar>(options_.muon_a), b = static_cast<Scalar>(options_.muon_b),
               c = static_cast<Scalar>(options_.muon_c);
    const kernels::Squares squares = kernels::squared_length(n, x.data());
    const auto unit = static_cast<Scalar>(std::ldexp(1.0, -squares.exponent));
    const Scalar length =
        static_cast<Scalar>(squares.root()) + static_cast<Scalar>(std::ldexp(1e-7, -squares.exponent));
    Scalar* first = x.mutable_data();
    kernels::map(
        n, first, [=](const auto& v) LAMINA_INLINE_LAMBDA { return v * unit / length; }, first);
    // For a tall matrix the smaller product is A = Xᵀ X, and X = a X + X (b A + c A A).
    const bool tall = rows > columns;
    const Index k = tall ? columns : rows;
    Tensor<Scalar> products = Tensor<Scalar>::empty({k, k}), sum = products.copy(),
                   next = Tensor<Scalar>::empty(x.shape());
    Scalar* aa = products.mutable_data();
    Scalar* s = sum.mutable_data();
    for (Index step = 0; step < options_.ns_steps; ++step) {
      const kernels::Strided<Scalar> matrix{x.data(), columns, 1}, square{aa, k, 1}, weights{s, k, 1};
      if (tall)
        kernels::multiply<Scalar>(k, k, rows, matrix.transposed(), matrix, aa, k);
      else
        kernels::multiply<Scalar>(k, k, columns, matrix, matrix.transposed(), aa, k);
      kernels::multiply<Scalar>(k, k, k, square, square, s, k);
      kernels::map(
          k * k, s, [=](const auto& twice, const auto& once) LAMINA_INLINE_LAMBDA { return once * b + twice * c; }, s,
          aa);
      Scalar* to = next.mutable_data();
      if (tall)
        kernels::multiply<Scalar>(rows, columns, columns, matrix, weights, to, columns);
      else
        kernels::multiply<Scalar>(rows, columns, rows, weights, matrix, to, columns);
      kernels::map(
          n, to, [=](const auto& moved, const auto& before) LAMINA_INLINE_LAMBDA { return moved + before * a; }, to,
          x.data());
      std::swap(x, next);
    }
  }

  MuonOptions options_;
  List<NamePattern> excluded_;
  std::vector<Variable<Scalar>> momenta_, velocities_;
  Scalar adam_rate_ = 0;
};

}  // namespace lamina
