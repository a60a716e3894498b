#pragma once
#include <lamina/core/touched_rows.hpp>
#include <lamina/kernels/additive_scores.hpp>
#include <lamina/kernels/attention.hpp>
#include <lamina/kernels/convolution/convolution_gradients.hpp>
#include <lamina/kernels/convolution/depthwise.hpp>
#include <lamina/kernels/dropout.hpp>
#include <lamina/kernels/gathered_dots.hpp>
#include <lamina/kernels/layerwise_updates.hpp>
#include <lamina/kernels/lookup.hpp>
#include <lamina/kernels/normalization_gradients.hpp>
#include <lamina/kernels/optimizer_updates.hpp>
#include <lamina/kernels/pooling.hpp>
#include <lamina/kernels/reduce.hpp>
#include <lamina/kernels/resample.hpp>
#include <lamina/kernels/rnn/gru.hpp>
#include <lamina/kernels/rnn/lstm.hpp>
#include <lamina/kernels/rnn/simple_rnn.hpp>
#include <lamina/kernels/softmax.hpp>
#include <string>
#include <vector>

#include "kernel_arrays.hpp"

// All kernels that have a version for each instruction set, each with a call.

namespace lamina::testing_support {

/// With these sizes, every kernel processes whole packs and remaining elements.
template <class S>
const std::vector<KernelOfTable<S>>& kernel_table() {
  using namespace kernels;
  using A = Arrays<S>;
  constexpr Index n = 107;
  static const AttentionSizes attention_sizes{2, 5, 37, 4, 2, 8, 9};
  static const AdditiveSizes additive_sizes{2, 3, 5, 37};
  static const Grouping columns{1, 40, 37, 1, 1}, rows{9, 1, 1, 37, 1}, runs{3, 1, 2, 3, 37};
  static const std::vector<KernelOfTable<S>> table{
      {"map",
       {"kernel_table"},
       [](A& a) {
         map(
             n, a.out(n), [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return exp(u) * v; }, a.in(n),
             a.in(n));
       }},
      {"map_broadcast",
       {"kernel_table"},
       [](A& a) {
         const auto divide = [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u / (v + S(3)); };
         map_broadcast({9, n}, a.out(9 * n), divide, a.in(9 * n), Shape{9, n}, a.in(n), Shape{n});
         map_broadcast({9, 5}, a.out(45), divide, a.in(9), Shape{9, 1}, a.in(5), Shape{5});
       }},
      {"reduce",
       {"reduce_with_lanes"},
       [](A& a) {
         reduce<SumOf>(3, 37, 1, a.in(3 * 37), a.out(3));
         reduce<MaximumOf>(3, 5, 37, a.in(3 * 5 * 37), a.out(3 * 37));
         reduce<MinimumOf>(3, 37, 3, a.in(3 * 37 * 3), a.out(3 * 3));
       }},
      {"sum_of_squares", {}, [](A& a) { sum_of_squares(n, a.in(n), a.out(1)); }},
      {"squares_of_difference",
       {"squares_of_difference", "sum_of_squares"},
       [](A& a) { a.result(static_cast<double>(squares_of_difference(n, a.in(n), a.in(n), a.out(n)))); }},
      {"softmax", {}, [](A& a) { softmax(3, n, a.in(3 * n, -9, 9), a.out(3 * n)); }},
      {"softmax_gradient", {}, [](A& a) { softmax_gradient(3, n, a.in(3 * n), a.in(3 * n), a.out(3 * n)); }},
      {"log_sum_exp", {}, [](A& a) { log_sum_exp(3, n, a.in(3 * n, -9, 9), a.out(3)); }},
      {"dropout", {}, [](A& a) { dropout(n, a.in(n), a.out(n), 0.3, RandomStream(7, 8)); }},
      {"add_rows",
       {},
       [](A& a) {
         static const S indices[] = {3, 0, 3, 8};
         add_rows(4, 37, a.in(4 * 37), indices, 9, a.out(9 * 37));
       }},
      {"resample",
       {},
       [](A& a) {
         static const Index first[] = {0, 1, 1};
         const Resampling<S> r{3, 3, 2, first, a.in(6)};
         resample(r, 4, 37, a.in(4 * 3 * 37), a.out(4 * 3 * 37));
       }},
      {"resample_transposed",
       {},
       [](A& a) {
         static const Index first[] = {0, 1, 1};
         const Resampling<S> r{3, 3, 2, first, a.in(6)};
         resample_transposed(r, 4, 37, a.in(4 * 3 * 37), a.out(4 * 3 * 37));
       }},
      {"multiply",
       {"multiply_blocks", "multiply_with_lanes"},
       [](A& a) {
         multiply<S>(21, 45, 33, {a.in(21 * 33), 33, 1}, {a.in(33 * 45), 45, 1}, a.out(21 * 45), 45);
         multiply<S>(21, 45, 33, {a.in(21 * 33), 1, 21}, {a.in(33 * 45), 1, 33}, a.out(21 * 45), 45, true,
                     {a.in(45), true});
         multiply<S>(1, 300, 33, {a.in(33), 33, 1}, {a.in(33 * 300), 300, 1}, a.out(300), 300);
         multiply<S>(21, 1, 133, {a.in(21 * 133), 133, 1}, {a.in(133), 1, 1}, a.out(21), 1);
       }},
      {"multiply_gathered",
       {},
       [](A& a) {
         convolve(convolution(3, 5, 40), a.in(3 * 72 * 5), a.in(45 * 40), a.in(40), true, a.out(3 * 72 * 40));
       }},
      {"multiply_gathered_dots",
       {},
       [](A& a) { convolve(convolution(3, 37, 1), a.in(3 * 72 * 37), a.in(9 * 37), a.in(1), false, a.out(3 * 72)); }},
      {"convolve",
       {"transform_inputs", "transform_outputs", "pack_block"},
       [](A& a) {
         convolve(convolution(3, 21, 37), a.in(3 * 72 * 21), a.in(9 * 21 * 37), a.in(37), true, a.out(3 * 72 * 37));
       }},
      {"convolution_gradients",
       {"gradient_rows", "add_runs", "transform_gradient", "add_data_gradient", "transform_filter_gradient"},
       [](A& a) {
         for (const Index channels : {3, 21}) {
           const Convolution c = convolution(3, channels, 37);
           convolution_gradients(c, gradients(c, a));
         }
       }},
      {"convolve_transposed",
       {"multiply_gathered"},
       [](A& a) {
         convolve_transposed(convolution(2, 5, 37), a.in(3 * 72 * 37), a.in(4 * 5 * 37), a.in(5), true,
                             a.out(3 * 72 * 5));
       }},
      {"depthwise",
       {"DepthwiseTaps"},
       [](A& a) {
         depthwise(Depthwise(3, 37, window(3, 1)), a.in(3 * 72 * 37), a.in(9 * 37), a.in(37), a.out(3 * 72 * 37));
       }},
      {"depthwise_input_gradient",
       {"DepthwiseTaps"},
       [](A& a) {
         depthwise_input_gradient(Depthwise(3, 37, window(3, 2)), a.in(3 * 20 * 37), a.in(9 * 37), a.out(3 * 72 * 37));
       }},
      {"depthwise_kernel_gradient",
       {},
       [](A& a) {
         depthwise_kernel_gradient(Depthwise(3, 37, window(3, 1)), a.in(3 * 72 * 37), a.in(3 * 72 * 37), a.out(9 * 37),
                                   a.out(37));
       }},
      {"max_pool",
       {},
       [](A& a) { max_pool(Pooling(3, 37, window(3, 2)), a.in(3 * 72 * 37), a.out(3 * 20 * 37), a.out(3 * 20 * 37)); }},
      {"max_pool_gradient",
       {},
       [](A& a) {
         max_pool_gradient(Pooling(3, 37, window(2, 2)), a.in(3 * 20 * 37), a.in(3 * 20 * 37, 0, 0),
                           a.out(3 * 72 * 37));
       }},
      {"average_pool",
       {},
       [](A& a) { average_pool(Pooling(3, 37, window(3, 2)), a.in(3 * 72 * 37), a.out(3 * 20 * 37)); }},
      {"average_pool_gradient",
       {},
       [](A& a) { average_pool_gradient(Pooling(3, 37, window(3, 2)), a.in(3 * 20 * 37), a.out(3 * 72 * 37)); }},
      {"moments",
       {"moments"},
       [](A& a) {
         for (const Grouping* v : {&columns, &runs}) {
           std::vector<S> scratch(static_cast<std::size_t>(normalization_scratch<S>(*v)));
           moments(*v, a.in(v->size()), a.out(v->statistics()), a.out(v->statistics()), scratch.data());
         }
       }},
      {"normalize",
       {"normalize"},
       [](A& a) {
         for (const Grouping* v : {&columns, &runs}) {
           std::vector<S> scratch(static_cast<std::size_t>(normalization_scratch<S>(*v)));
           normalize(*v, a.in(v->size()), a.in(v->statistics()), a.in(v->statistics()), a.in(v->channels()),
                     a.in(v->channels()), a.out(v->size()), scratch.data());
         }
       }},
      {"normalize_gradient",
       {"normalize_gradient", "gradient_sums", "add_parts"},
       [](A& a) {
         for (const Grouping* v : {&columns, &runs}) {
           std::vector<S> scratch(static_cast<std::size_t>(normalization_scratch<S>(*v)));
           normalize_gradient(*v, a.in(v->size()), a.in(v->size()), a.in(v->statistics()), a.in(v->statistics(), 1, 2),
                              a.in(v->channels()), {true, true},
                              {a.out(v->size()), a.out(v->channels()), a.out(v->channels())}, scratch.data());
         }
       }},
      {"normalize_rows",
       {},
       [](A& a) {
         normalize_rows(rows, a.in(9 * 37), a.in(37), a.in(37), S(1e-3), true, a.out(9 * 37), a.out(9), a.out(9));
       }},
      {"normalize_rows_gradient",
       {},
       [](A& a) {
         std::vector<S> scratch(static_cast<std::size_t>(normalize_rows_scratch(rows)));
         normalize_rows_gradient(rows, a.in(9 * 37), a.in(9 * 37), a.in(9), a.in(9, 1, 2), a.in(37), {true, true},
                                 {a.out(9 * 37), a.out(37), a.out(37)}, scratch.data());
       }},
      {"additive_scores",
       {},
       [](A& a) { additive_scores(additive_sizes, a.in(2 * 3 * 37), a.in(2 * 5 * 37), a.in(37), a.out(2 * 3 * 5)); }},
      {"additive_scores_gradient",
       {},
       [](A& a) {
         additive_scores_gradient(additive_sizes, a.in(2 * 3 * 37), a.in(2 * 5 * 37), a.in(37), a.in(2 * 3 * 5),
                                  a.out(2 * 3 * 37), a.out(2 * 5 * 37), a.out(2 * 37));
       }},
      {"attention",
       {},
       [](A& a) {
         attention<S>(attention_sizes, {}, S(0.3), a.in(2 * 5 * 32), a.in(2 * 37 * 16), a.in(2 * 37 * 18),
                      a.out(2 * 5 * 36), a.out(2 * 4 * 5 * 37));
       }},
      {"attention_gradient",
       {},
       [](A& a) {
         attention_gradient<S>(attention_sizes, {}, S(0.3), a.in(2 * 5 * 32), a.in(2 * 37 * 16), a.in(2 * 37 * 18),
                               a.in(2 * 5 * 36), a.in(2 * 4 * 5 * 37, 0, 0.1), a.in(2 * 5 * 36), a.out(2 * 5 * 32),
                               a.out(2 * 37 * 16), a.out(2 * 37 * 18));
       }},
      {"simple_rnn", {}, [](A& a) { simple_rnn(recurrence(a), a.in(19 * 19), a.out(4 * 5 * 19)); }},
      {"simple_rnn_backward",
       {},
       [](A& a) {
         simple_rnn_backward(recurrence(a), a.in(19 * 19), a.in(4 * 5 * 19), a.out(3 * 5 * 19), a.out(5 * 19),
                             a.out(5 * 19, 0, 0));
       }},
      {"lstm",
       {},
       [](A& a) {
         lstm(recurrence(a), a.in(19 * 76), a.out(3 * 5 * 76), a.out(4 * 5 * 19), a.out(4 * 5 * 19), a.out(3 * 5 * 19));
       }},
      {"lstm_backward",
       {},
       [](A& a) {
         lstm_backward(recurrence(a), a.in(76 * 19), a.in(3 * 5 * 76, 0, 1), a.in(4 * 5 * 19), a.in(3 * 5 * 19),
                       a.out(3 * 5 * 76), a.out(5 * 19), a.out(5 * 19), a.out(5 * 19, 0, 0));
       }},
      {"gru_reset_after",
       {},
       [](A& a) {
         gru_reset_after(recurrence(a), a.in(19 * 57), a.in(57), a.out(3 * 5 * 57), a.out(5 * 57), a.out(4 * 5 * 19),
                         a.out(3 * 5 * 19));
       }},
      {"gru_reset_after_backward",
       {},
       [](A& a) {
         gru_reset_after_backward(recurrence(a), a.in(57 * 19), a.in(3 * 5 * 57, 0, 1), a.in(3 * 5 * 19),
                                  a.in(4 * 5 * 19), a.out(3 * 5 * 57), a.out(3 * 5 * 57), a.out(5 * 19),
                                  a.out(5 * 19, 0, 0));
       }},
      {"gru_reset_before",
       {},
       [](A& a) {
         gru_reset_before(recurrence(a), a.in(19 * 57), a.out(3 * 5 * 57), a.out(3 * 5 * 19), a.out(4 * 5 * 19));
       }},
      {"gru_reset_before_backward",
       {},
       [](A& a) {
         gru_reset_before_backward(recurrence(a), a.in(57 * 19), a.in(3 * 5 * 57, 0, 1), a.in(4 * 5 * 19),
                                   a.out(3 * 5 * 57), a.out(5 * 19), a.out(5 * 19), a.out(5 * 19, 0, 0));
       }},
      {"sgd", {"sgd_step"}, [](A& a) { sgd(n, a.out(n), a.in(n), S(0.9), S(0.1)); }},
      {"sgd_rows", {"sgd_step"}, [](A& a) { sgd_rows(SomeRows<S>().rows(), a.out(9 * 37), a.in(9 * 37), S(0.1)); }},
      {"sgd_momentum", {}, [](A& a) { sgd_momentum(n, a.out(n), a.out(n), a.in(n), S(0.9), S(0.1), S(0.8), true); }},
      {"rmsprop",
       {},
       [](A& a) {
         rmsprop(n, a.out(n), a.out(n, 1, 2), a.out(n), a.out(n, -0.1, 0.1), a.in(n), S(0.9), S(0.1), S(0.9), S(0.1),
                 S(0.8), S(1e-3));
       }},
      {"adam",
       {},
       [](A& a) {
         adam(n, a.out(n), a.out(n), a.out(n, 1, 2), a.out(n, 1, 2), a.in(n), S(0.9), S(0.1), S(0.1), S(0.01), S(1e-3));
       }},
      {"adamax",
       {},
       [](A& a) { adamax(n, a.out(n), a.out(n), a.out(n, 1, 2), a.in(n), S(0.9), S(0.1), S(0.1), S(0.99), S(1e-3)); }},
      {"nadam",
       {},
       [](A& a) {
         nadam(n, a.out(n), a.out(n), a.out(n, 1, 2), a.in(n), S(0.9), S(0.1), S(0.1), S(1.1), S(0.1), S(0.01),
               S(1e-3));
       }},
      {"adagrad",
       {"adagrad_step"},
       [](A& a) { adagrad(n, a.out(n), a.out(n, 1, 2), a.in(n), S(0.9), S(0.1), S(1e-3)); }},
      {"adagrad_rows",
       {"adagrad_step"},
       [](A& a) {
         adagrad_rows(SomeRows<S>().rows(), a.out(9 * 37), a.out(9 * 37, 1, 2), a.in(9 * 37), S(0.1), S(1e-3));
       }},
      {"adadelta",
       {},
       [](A& a) {
         adadelta(n, a.out(n), a.out(n, 1, 2), a.out(n, 1, 2), a.in(n), S(0.9), S(0.1), S(0.9), S(0.1), S(1e-3));
       }},
      {"lion",
       {},
       [](A& a) { lion(n, a.out(n), a.out(n), a.in(n), S(0.9), S(0.1), S(0.9), S(0.1), S(0.99), S(0.01)); }},
      {"ftrl",
       {},
       [](A& a) {
         ftrl<FtrlPower::root>(n, a.out(n), a.out(n, 1, 2), a.out(n), a.in(n), S(0.9), S(0.1), S(-0.5), S(0.01),
                               S(0.02), S(0.03));
         ftrl<FtrlPower::any>(n, a.out(n), a.out(n, 1, 2), a.out(n), a.in(n), S(0.9), S(0.1), S(-0.4), S(0.01), S(0.02),
                              S(0.03));
       }},
      {"moving_average", {}, [](A& a) { moving_average(n, a.out(n), a.in(n), S(0.9), S(0.1)); }},
      {"squared_length", {}, [](A& a) { a.result(squared_length(n, a.in(n)).sum); }},
      {"lamb",
       {},
       [](A& a) {
         lamb(n, a.out(n), a.out(n), a.out(n, 1, 2), a.in(n), S(0.9), S(0.1), S(0.1), S(0.01), S(1.1), S(1.2), S(1e-3));
       }},
      {"adafactor_means",
       {},
       [](A& a) { adafactor_means(9, 37, a.out(9), a.out(37), a.in(9 * 37), S(0.9), S(0.1), S(1e-3)); }},
      {"adafactor_factored",
       {},
       [](A& a) { a.result(adafactor_factored(9, 37, a.out(9 * 37), a.in(9, 1, 2), a.in(37, 1, 2), a.in(9 * 37))); }},
      {"adafactor_unfactored",
       {},
       [](A& a) { a.result(adafactor_unfactored(n, a.out(n, 1, 2), a.in(n), S(0.9), S(0.1), S(1e-3))); }},
      {"adafactor_step", {}, [](A& a) { adafactor_step(n, a.out(n), a.in(n, 1, 2), a.in(n), S(0.9), S(0.1)); }},
  };
  return table;
}

}  // namespace lamina::testing_support
