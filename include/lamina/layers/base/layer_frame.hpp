#pragma once
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// A stack frame of the layers that are being called on this thread. Error texts name its layer, and a first call finds
/// the sublayers by it.
template <class Scalar>
struct Layer<Scalar>::Frame {
  Frame(const Layer& l, const char* action, const CallOptions* call_options) noexcept
      : layer(l), options(call_options), parent(innermost()), error(describe, &l, action) {
    if (parent == nullptr)
      begin_outermost();
    else if (parent->finding)
      const_cast<Layer&>(parent->layer).adopt(const_cast<Layer&>(l));
    innermost() = this;
  }
  ~Frame() { innermost() = parent; }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;
  static Frame*& innermost() noexcept {
    static constinit thread_local Frame* frame = nullptr;
    return frame;
  }
  static void begin_outermost() noexcept {
    recorded_losses().clear();
    if (MaskRegistry<Scalar>::any()) MaskRegistry<Scalar>::forget_unused();
  }
  const Layer& layer;
  const CallOptions* options;
  Frame* parent;
  ErrorScope error;
  bool finding = false;  ///< True while the layers called inside become sublayers of `layer`.
};

}  // namespace lamina
