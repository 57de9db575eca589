/*
 * The program sh-anon: program.c under its name.
 */
#include "shell.h"

int main(int argc, char **argv)
{
	return shell_program(argc, argv);
}
