#pragma once
// Includes the callbacks of callbacks/ except BackupAndRestore, ModelCheckpoint and TensorBoard: they compile writers
// of binary files, so programs that use them include their headers.
#include "lamina/callbacks/csv_logger.hpp"
#include "lamina/callbacks/early_stopping.hpp"
#include "lamina/callbacks/lambda_callback.hpp"
#include "lamina/callbacks/learning_rate.hpp"
#include "lamina/callbacks/terminate_on_nan.hpp"
#include "lamina/training/callback.hpp"
