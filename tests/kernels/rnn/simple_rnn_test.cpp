#include <lamina/kernels/rnn/simple_rnn.hpp>

#include "support/recurrent_kernels.hpp"

namespace lamina {
namespace {

using testing::recurrent_kernels::Cell;

template <class S>
using SimpleRnnKernels = testing::recurrent_kernels::RecurrentKernels<S>;
TYPED_TEST_SUITE(SimpleRnnKernels, testing::Scalars);

TYPED_TEST(SimpleRnnKernels, ForwardOfEveryWidth) { this->forward_of_every_width({Cell::simple_rnn}); }

TYPED_TEST(SimpleRnnKernels, ForwardOfEveryBatchAndNumberOfSteps) {
  this->forward_of_every_batch_and_number_of_steps({Cell::simple_rnn});
}

TYPED_TEST(SimpleRnnKernels, ForwardWithMasksAndEveryKindOfOutput) {
  this->forward_with_masks_and_every_kind_of_output({Cell::simple_rnn});
}

TYPED_TEST(SimpleRnnKernels, BackwardOfEveryWidth) { this->backward_of_every_width({Cell::simple_rnn}); }

TYPED_TEST(SimpleRnnKernels, BackwardWithMasksAndEveryKindOfOutput) {
  this->backward_with_masks_and_every_kind_of_output({Cell::simple_rnn});
}

TYPED_TEST(SimpleRnnKernels, TheSameBitsForAnyNumberOfThreads) {
  this->the_same_bits_for_any_number_of_threads({Cell::simple_rnn});
}

}  // namespace
}  // namespace lamina
