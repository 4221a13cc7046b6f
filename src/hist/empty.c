/* The hist module has no code yet. */
extern int hist_module_is_empty;
int hist_module_is_empty;
