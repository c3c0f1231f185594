// SPDX-License-Identifier: GPL-2.0

use struct_ops::code::R0;

static EPILOGUE: Epilogue<(u64,), i32> = Epilogue::begin().load_context(R0).finish(); //~ what the callback returns has to be in R0
