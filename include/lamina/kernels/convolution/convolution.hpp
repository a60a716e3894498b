#pragma once
#include "lamina/kernels/convolution/convolution_plan.hpp"
#include "lamina/kernels/convolution/winograd.hpp"
#include "lamina/kernels/gathered_dots.hpp"
#include "lamina/kernels/gathered_product.hpp"
#include "lamina/kernels/threads.hpp"

// Convolution over one to three spatial axes, channels last: forward pass, data gradient and filter gradient.
//
// No im2col buffer is written: an implicit matrix product reads the patches of an image, or of a few rows of it,
// through tables of offsets (see GatheredProduct). The input is copied first only if it needs zero padding. Threads
// compute blocks of images. The order of summation depends on the sizes only. A 3 x 3 window with stride 1 and enough
// channels uses Winograd's algorithm, with less than half of the multiplications (see winograd.hpp).

namespace lamina::kernels {

namespace detail {

/// Returns a copy of the bias, padded with zeros such that the last panel of columns can be read in full width.
template <class S>
Buffer<S> padded_bias(const S* bias, Index size, Index panel) {
  Buffer<S> padded(size + panel);
  if (bias != nullptr) std::memcpy(padded.data(), bias, static_cast<std::size_t>(size) * sizeof(S));
  std::memset(padded.data() + (bias == nullptr ? 0 : size), 0,
              static_cast<std::size_t>(bias == nullptr ? size + panel : panel) * sizeof(S));
  return padded;
}

}  // namespace detail

/// y = conv(x, kernel) + bias; with `relu`, y = max(y, 0). `bias` (filters) may be null. Shapes: see Convolution.
template <class S>
void convolve(const Convolution& c, const S* x, const S* kernel, const S* bias, bool relu, S* y) {
  if (c.batch == 0) return;
  if (detail::winograd::is_faster(c)) return detail::winograd::convolve(c, x, kernel, bias, relu, y);
  const Index rows = c.batch * c.window.outputs(), work = c.work(), patch = c.patch();
  const bool threads = work_of(rows, work) >= 2 * detail::convolution_worth_a_thread;
  const Index parts = threads ? 2 * ThreadTeam::instance().size() : 1;
  const detail::ConvolutionPlan plan(c, 0, c.batch / parts, parts);
  // One or two adjacent filters do not fill a vector, but the elements of a patch do.
  const bool dots = c.group_filters() <= 2 && plan.run(c) >= 8;
  const Index panel = gathered_panel<S>(), filters = c.group_filters(), channels = c.group_channels();
  const Index group_size = dots ? filters * patch : (filters + panel - 1) / panel * panel * patch;
  const detail::Buffer<S> packed(c.groups * group_size);
  for (Index g = 0; g < c.groups; ++g) {
    const S* group = kernel + g * filters;
    S* to = packed.data() + g * group_size;
    if (dots)
      pack_panels<S>({group, 1, c.filters}, filters, patch, patch, to);
    else
      pack_panels<S>({group, c.filters, 1}, patch, filters, panel, to);
  }
  const detail::Buffer<S> start = detail::padded_bias(bias, c.filters, panel);
  parallel_ranges(
      plan.blocks(), 1, detail::convolution_worth_a_thread / work_of(plan.rows_of_block(), work) + 1,
      [&](Index begin, Index end) {
        const detail::Buffer<S> buffer(plan.block_buffer());
        for (Index i = begin; i < end; ++i) {
          const auto block = plan.block(i);
          const S* from = plan.input(block, x, buffer.data());
          S* to = y + plan.first_row(block) * c.filters;
          for (Index g = 0; g < c.groups; ++g, to += filters) {
            const S *group = from + g * channels, *b = packed.data() + g * group_size;
            if (dots)
              multiply_gathered_dots<S>({block.rows, patch, filters, plan.run(c), group, plan.rows(), plan.patch(), b,
                                         to, c.filters, start.data() + g * filters, relu});
            else
              multiply_gathered<S>({block.rows, patch, filters, group, plan.rows(), plan.patch(), b, panel,
                                    patch * panel, to, nullptr, c.filters, false, start.data() + g * filters, relu});
          }
        }
      });
}

LAMINA_COMPILED_FUNCTION(convolve);

}  // namespace lamina::kernels
