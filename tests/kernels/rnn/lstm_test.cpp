#include <lamina/kernels/rnn/lstm.hpp>

#include "support/recurrent_kernels.hpp"

namespace lamina {
namespace {

using testing::recurrent_kernels::Cell;

template <class S>
using LstmKernels = testing::recurrent_kernels::RecurrentKernels<S>;
TYPED_TEST_SUITE(LstmKernels, testing::Scalars);

TYPED_TEST(LstmKernels, ForwardOfEveryWidth) { this->forward_of_every_width({Cell::lstm}); }

TYPED_TEST(LstmKernels, ForwardOfEveryBatchAndNumberOfSteps) {
  this->forward_of_every_batch_and_number_of_steps({Cell::lstm});
}

TYPED_TEST(LstmKernels, ForwardWithMasksAndEveryKindOfOutput) {
  this->forward_with_masks_and_every_kind_of_output({Cell::lstm});
}

TYPED_TEST(LstmKernels, BackwardOfEveryWidth) { this->backward_of_every_width({Cell::lstm}); }

TYPED_TEST(LstmKernels, BackwardWithMasksAndEveryKindOfOutput) {
  this->backward_with_masks_and_every_kind_of_output({Cell::lstm});
}

TYPED_TEST(LstmKernels, TheSameBitsForAnyNumberOfThreads) {
  this->the_same_bits_for_any_number_of_threads({Cell::lstm});
}

}  // namespace
}  // namespace lamina
