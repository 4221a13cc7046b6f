/* The analysis module has no code yet. */
extern int analysis_module_is_empty;
int analysis_module_is_empty;
