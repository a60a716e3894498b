#include <lamina/kernels/rnn/gru.hpp>

#include "support/recurrent_kernels.hpp"

namespace lamina {
namespace {

using testing::recurrent_kernels::Cell;

template <class S>
using GruKernels = testing::recurrent_kernels::RecurrentKernels<S>;
TYPED_TEST_SUITE(GruKernels, testing::Scalars);

TYPED_TEST(GruKernels, ForwardOfEveryWidth) {
  this->forward_of_every_width({Cell::gru_reset_after, Cell::gru_reset_before});
}

TYPED_TEST(GruKernels, ForwardOfEveryBatchAndNumberOfSteps) {
  this->forward_of_every_batch_and_number_of_steps({Cell::gru_reset_after, Cell::gru_reset_before});
}

TYPED_TEST(GruKernels, ForwardWithMasksAndEveryKindOfOutput) {
  this->forward_with_masks_and_every_kind_of_output({Cell::gru_reset_after, Cell::gru_reset_before});
}

TYPED_TEST(GruKernels, BackwardOfEveryWidth) {
  this->backward_of_every_width({Cell::gru_reset_after, Cell::gru_reset_before});
}

TYPED_TEST(GruKernels, BackwardWithMasksAndEveryKindOfOutput) {
  this->backward_with_masks_and_every_kind_of_output({Cell::gru_reset_after, Cell::gru_reset_before});
}

TYPED_TEST(GruKernels, TheSameBitsForAnyNumberOfThreads) {
  this->the_same_bits_for_any_number_of_threads({Cell::gru_reset_after, Cell::gru_reset_before});
}

}  // namespace
}  // namespace lamina
