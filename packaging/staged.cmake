# CPack calls this when the files of a package lie in its folder, before they are packed.
if(CPACK_GENERATOR STREQUAL "DEB")
  # Where Debian's zsh looks for what packages bring.
  set(share ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)
  if(EXISTS ${share}/zsh/site-functions)
    file(RENAME ${share}/zsh/site-functions ${share}/zsh/vendor-completions)
  endif()
  return()
endif()

# The tar.gz brings the libraries that it links, but for the C library's, with their licences.
set(place ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${place}/bin/qstar
  RESOLVED_DEPENDENCIES_VAR libraries
  PRE_EXCLUDE_REGEXES "^ld-linux" "^lib(c|m|dl|rt|pthread|resolv)\\.so")
foreach(library ${libraries})
  file(INSTALL ${library} DESTINATION ${place}/lib/qstar FOLLOW_SYMLINK_CHAIN)
  string(REGEX REPLACE "^/usr" "" name ${library})
  execute_process(COMMAND dpkg -S "*${name}" OUTPUT_VARIABLE owner ERROR_QUIET)
  if(owner MATCHES "^([^:,]+)")
    set(package ${CMAKE_MATCH_1})
    if(EXISTS /usr/share/doc/${package}/copyright)
      configure_file(/usr/share/doc/${package}/copyright
                     ${place}/share/doc/qstar/libraries/${package}.copyright COPYONLY)
    endif()
  endif()
endforeach()
