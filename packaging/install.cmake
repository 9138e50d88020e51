# What `make install` and `make package` bring: the program, its manual and completions, which it
# makes itself, and its texts.
include(GNUInstallDirs)
# Installing builds no tests.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

# Where a tar.gz has its libraries (staged.cmake), and those that they want in turn.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set_target_properties(qstar PROPERTIES INSTALL_RPATH "\$ORIGIN/../lib/qstar")
  target_link_options(qstar PRIVATE -Wl,--disable-new-dtags)
endif()
install(TARGETS qstar RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
file(GLOB_RECURSE texts RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS
     engine/*.md tokenizer/*.md search/*.md train/*.md eval/*.md)
foreach(text README.md ${texts})
  get_filename_component(folder "${text}" DIRECTORY)
  install(FILES ${text} DESTINATION ${CMAKE_INSTALL_DOCDIR}/${folder})
endforeach()

if(CMAKE_CROSSCOMPILING)
  message(STATUS "qstar: compiled for another machine, it cannot be asked for its manual and "
                 "completions here; they are not installed")
  add_custom_target(qstar_help DEPENDS qstar)
else()
  set(help ${CMAKE_BINARY_DIR}/help)
  file(MAKE_DIRECTORY ${help})
  set(manual ${help}/qstar.1)
  find_program(QSTAR_GZIP gzip)
  if(QSTAR_GZIP)
    set(manual ${help}/qstar.1.gz)
    set(compress COMMAND ${QSTAR_GZIP} -9nf ${help}/qstar.1)
  endif()
  add_custom_command(OUTPUT ${manual} ${help}/bash ${help}/zsh
    COMMAND qstar help --format man --device cpu >${help}/qstar.1
    ${compress}
    COMMAND qstar help --format bash --device cpu >${help}/bash
    COMMAND qstar help --format zsh --device cpu >${help}/zsh
    DEPENDS qstar
    COMMENT "The manual and the shells' completions")
  add_custom_target(qstar_help ALL DEPENDS ${manual} ${help}/bash ${help}/zsh)
  install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${help}/bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
          RENAME qstar)
  install(FILES ${help}/zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _qstar)
endif()

set(CPACK_GENERATOR TGZ)
find_program(QSTAR_DPKG dpkg-shlibdeps)
if(QSTAR_DPKG)
  list(APPEND CPACK_GENERATOR DEB)
else()
  message(STATUS "qstar: dpkg-shlibdeps not found; `make package` makes the .tar.gz alone")
endif()
set(CPACK_PACKAGE_NAME qstar)
set(CPACK_PACKAGE_VENDOR "The authors of qstar")
set(CPACK_PACKAGE_CONTACT "The authors of qstar <qstar@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
  "from next-token prediction to step search, small enough to read")
set(CPACK_PACKAGE_DESCRIPTION "A tokenizer, a tensor engine with hand-written gradients, a small GPT, \
reward models over outcomes and over steps, and searches over reasoning steps, to be watched, \
measured and audited. It chooses its kernels by the processor that it runs on.")
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_FILE_NAME qstar-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/packaging/staged.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# It starts without these: it looks for them when they are wanted.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS libvulkan1)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "openmpi-bin, libopenblas0")
include(CPack)
