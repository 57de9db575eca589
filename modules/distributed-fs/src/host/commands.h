/* The subcommands of anonstore: each takes what follows its name and returns an exit code. */
#pragma once

int command_mkfs(int argc, char **argv);
int command_fsck(int argc, char **argv);
int command_put(int argc, char **argv);
int command_get(int argc, char **argv);
int command_ls(int argc, char **argv);
int command_cat(int argc, char **argv);
int command_rm(int argc, char **argv);

int usage(void);
