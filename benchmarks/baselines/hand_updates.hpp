#pragma once

#include <Eigen/Core>

#include <array>
#include <cmath>
#include <string>

#include "hand_optimizer.hpp"

namespace baselines {

/// The updates of common optimizers as hand-written loops over Eigen's packets: every number is read and written once.
/// The operands are a variable, its gradient, and up to two state arrays.
class HandUpdate {
 public:
  HandUpdate(const std::string& name, Index size) : name_(name), size_(size) {
    for (auto& array : arrays_) array = Eigen::ArrayXf::Constant(size, 0.1f);
    arrays_[0] = Eigen::ArrayXf::Random(size);
    arrays_[1] = Eigen::ArrayXf::Random(size);
  }

  void operator()() {
    const FlushDenormals flush;
    if (name_ == "SGD")
      run([](const auto& g, auto& w, auto&, auto&) { w = psub(w, pmul(set(g, 0.01f), g)); });
    else if (name_ == "SGD_momentum")
      run([](const auto& g, auto& w, auto& m, auto&) {
        m = psub(pmul(set(g, 0.9f), m), pmul(set(g, 0.01f), g));
        w = padd(w, m);
      });
    else if (name_ == "RMSprop")
      run([](const auto& g, auto& w, auto& v, auto&) {
        v = pmadd(set(g, 0.9f), v, pmul(set(g, 0.1f), pmul(g, g)));
        w = psub(w, pdiv(pmul(set(g, 0.001f), g), psqrt(padd(v, set(g, 1e-7f)))));
      });
    else if (name_ == "Adam")
      run([](const auto& g, auto& w, auto& m, auto& v) {
        m = pmadd(set(g, 0.1f), psub(g, m), m);
        v = pmadd(set(g, 0.001f), psub(pmul(g, g), v), v);
        w = psub(w, pdiv(pmul(set(g, 0.001f), m), padd(psqrt(v), set(g, 1e-7f))));
      });
    else if (name_ == "AdamW")
      run([](const auto& g, auto& w, auto& m, auto& v) {
        m = pmadd(set(g, 0.1f), psub(g, m), m);
        v = pmadd(set(g, 0.001f), psub(pmul(g, g), v), v);
        w = psub(pmul(w, set(g, 0.99999f)), pdiv(pmul(set(g, 0.001f), m), padd(psqrt(v), set(g, 1e-7f))));
      });
    else if (name_ == "Adamax")
      run([](const auto& g, auto& w, auto& m, auto& u) {
        m = pmadd(set(g, 0.1f), psub(g, m), m);
        u = pmax(pmul(set(g, 0.999f), u), pabs(g));
        w = psub(w, pdiv(pmul(set(g, 0.001f), m), padd(u, set(g, 1e-7f))));
      });
    else if (name_ == "Nadam")
      run([](const auto& g, auto& w, auto& m, auto& v) {
        m = pmadd(set(g, 0.1f), psub(g, m), m);
        v = pmadd(set(g, 0.001f), psub(pmul(g, g), v), v);
        const auto ahead = pmadd(set(g, 0.001f), m, pmul(set(g, 0.002f), g));
        w = psub(w, pdiv(ahead, padd(psqrt(pmul(v, set(g, 1.1f))), set(g, 1e-7f))));
      });
    else if (name_ == "Adagrad")
      run([](const auto& g, auto& w, auto& a, auto&) {
        a = pmadd(g, g, a);
        w = psub(w, pdiv(pmul(set(g, 0.001f), g), psqrt(padd(a, set(g, 1e-7f)))));
      });
    else if (name_ == "Adadelta")
      run([](const auto& g, auto& w, auto& a, auto& b) {
        a = pmadd(set(g, 0.95f), a, pmul(set(g, 0.05f), pmul(g, g)));
        const auto epsilon = set(g, 1e-7f);
        const auto step = pmul(g, psqrt(pdiv(padd(b, epsilon), padd(a, epsilon))));
        b = pmadd(set(g, 0.95f), b, pmul(set(g, 0.05f), pmul(step, step)));
        w = psub(w, pmul(set(g, 0.001f), step));
      });
    else if (name_ == "Ftrl")
      run([](const auto& g, auto& w, auto& a, auto& l) {
        const auto total = pmadd(g, g, a);
        const auto risen = psqrt(total), per_rate = set(g, 1000.0f);
        l = padd(l, psub(g, pmul(pmul(psub(risen, psqrt(a)), per_rate), w)));
        a = total;
        w = pdiv(psub(set(g, 0.0f), l), pmul(risen, per_rate));
      });
    else if (name_ == "Lion")
      run([](const auto& g, auto& w, auto& m, auto&) {
        const auto c = pmadd(set(g, 0.9f), m, pmul(set(g, 0.1f), g));
        // The learning rate with the sign bit of c.
        const auto sign = pand(c, set(g, -0.0f));
        w = psub(w, por(sign, set(g, 0.001f)));
        m = pmadd(set(g, 0.99f), m, pmul(set(g, 0.01f), g));
      });
  }

  static bool has(const std::string& name) { return name != "Lamb" && name != "Adafactor" && name != "Muon"; }

 private:
  template <class Packet>
  static Packet set(const Packet&, float value) {
    return Eigen::internal::pset1<Packet>(value);
  }
  /// Eigen's packet functions by name: argument-dependent lookup does not find them for the compiler's vector types.
#define BASELINES_PACKET_FUNCTION(name) \
  template <class... P>                 \
  static auto name(const P&... p) {     \
    return Eigen::internal::name(p...); \
  }
  BASELINES_PACKET_FUNCTION(padd)
  BASELINES_PACKET_FUNCTION(psub)
  BASELINES_PACKET_FUNCTION(pmul)
  BASELINES_PACKET_FUNCTION(pdiv)
  BASELINES_PACKET_FUNCTION(pmadd)
  BASELINES_PACKET_FUNCTION(psqrt)
  BASELINES_PACKET_FUNCTION(pmax)
  BASELINES_PACKET_FUNCTION(pabs)
  BASELINES_PACKET_FUNCTION(pand)
  BASELINES_PACKET_FUNCTION(por)
#undef BASELINES_PACKET_FUNCTION

  template <class Step>
  void run(const Step& step) {
    using Packet = Eigen::internal::packet_traits<float>::type;
    constexpr Index width = Eigen::internal::packet_traits<float>::size;
    float *w = arrays_[0].data(), *m = arrays_[2].data(), *v = arrays_[3].data();
    const float* g = arrays_[1].data();
    // State arrays that a rule does not use are neither read nor written: see `two_states`.
    const bool first = name_ != "SGD", second = two_states();
    const auto at = [&]<class P>(Index i, P) {
      using Eigen::internal::ploadu;
      using Eigen::internal::pstoreu;
      P a = ploadu<P>(w + i), b = first ? ploadu<P>(m + i) : a, c = second ? ploadu<P>(v + i) : a;
      step(ploadu<P>(g + i), a, b, c);
      pstoreu(w + i, a);
      if (first) pstoreu(m + i, b);
      if (second) pstoreu(v + i, c);
    };
    Index i = 0;
    for (; i + width <= size_; i += width) at(i, Packet());
    for (; i < size_; ++i) at(i, float());
  }
  bool two_states() const {
    return name_ == "Adam" || name_ == "AdamW" || name_ == "Adamax" || name_ == "Nadam" || name_ == "Adadelta" ||
           name_ == "Ftrl";
  }

  std::string name_;
  Index size_;
  std::array<Eigen::ArrayXf, 4> arrays_;
};

}  // namespace baselines
