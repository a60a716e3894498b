#pragma once
// Includes all of training/: the Trainer, its options, the base class of callbacks, compiled losses and metrics,
// history, progress.
#include "lamina/training/callback.hpp"
#include "lamina/training/callback_hooks.hpp"
#include "lamina/training/check_data.hpp"
#include "lamina/training/compiled_loss_and_metrics.hpp"
#include "lamina/training/compiled_trainable.hpp"
#include "lamina/training/history.hpp"
#include "lamina/training/options.hpp"
#include "lamina/training/progress.hpp"
#include "lamina/training/stop_condition.hpp"
#include "lamina/training/trainer.hpp"
#include "lamina/training/training_loops.hpp"
#include "lamina/training/training_steps.hpp"
