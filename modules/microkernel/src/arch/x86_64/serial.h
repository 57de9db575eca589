#pragma once

void serial_init(void);
