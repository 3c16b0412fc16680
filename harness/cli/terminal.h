// SPDX-License-Identifier: Apache-2.0
// What may be written to a descriptor if it is a terminal: colours, lines rewritten, how wide.
#pragma once

#include <cstddef>

namespace tare::cli {

// Whether colours may be used unasked: it is a terminal, $NO_COLOR is unset or empty, and $TERM is
// not "dumb".
bool MayColour(int descriptor);

// Whether a line may be rewritten: it is a terminal that understands more than text.
bool MayRewriteLines(int descriptor);

// Its columns, 80 if it does not say; 0 if it is no terminal: lines may be as long as they like.
size_t TerminalWidth(int descriptor);

}  // namespace tare::cli
