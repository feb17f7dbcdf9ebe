/* Which of some documents are in a posting list. */

#ifndef KERNEL_MEMBERSHIP_H
#define KERNEL_MEMBERSHIP_H

#include "postings.h"

int lists_contain(const Snapshot *snapshot, const int64_t *rows, const int64_t *documents, int64_t count,
                         unsigned char *flags);

#endif
