// Send brev: the upload with a bar. The chosen files are files.js, the recipients send_to.js.
"use strict";

const send = document.getElementById("send-form");
if (send) {
  const files = document.getElementById("files");
  const problems = document.getElementById("send-problems");

  const complain = (text) => {
    problems.innerHTML = '<div class="error-summary" role="alert" tabindex="-1"><h2></h2></div>';
    problems.querySelector("h2").textContent = text;
    problems.firstElementChild.focus();
  };

  send.addEventListener("submit", (event) => {
    event.preventDefault();
    if (send.dataset.busy) return;
    if ([...files.files].some((file) => file.size > Number(send.dataset.limit))) {
      complain(send.dataset.tooBig);
      return;
    }
    const box = document.getElementById("upload");
    const bar = box.querySelector("progress");
    const text = document.getElementById("upload-text");
    const button = document.getElementById("send-button");
    const request = new XMLHttpRequest();
    const free = () => {
      delete send.dataset.busy;
      button.removeAttribute("aria-disabled");
      box.hidden = true;
    };
    send.dataset.busy = "yes";
    button.setAttribute("aria-disabled", "true");
    box.hidden = false;
    problems.replaceChildren();
    request.upload.addEventListener("progress", (progress) => {
      const share = progress.lengthComputable ? progress.loaded / progress.total : 0;
      bar.value = share * 100;
      const tenth = Math.floor(share * 10) * 10;
      const said = share < 1 ? `${send.dataset.uploading} ${tenth} %` : send.dataset.checking;
      if (text.textContent !== said) text.textContent = said;
    });
    request.addEventListener("load", () => {
      if (request.status === 200 && request.responseURL !== location.href.split("#")[0]) {
        location.assign(request.responseURL);
        return;
      }
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const fresh = page.getElementById("send-problems");
      if (!fresh) {
        if (request.status === 413) complain(send.dataset.tooBig);
        else {
          // Signed out or an error page: show it as it is.
          document.replaceChild(document.adoptNode(page.documentElement), document.documentElement);
        }
        free();
        return;
      }
      free();
      fresh.querySelector(".after-problems")?.remove();
      problems.replaceChildren(...fresh.childNodes);
      problems.querySelector(".error-summary")?.focus();
    });
    request.addEventListener("error", () => {
      free();
      complain(send.dataset.broken);
    });
    request.open("POST", send.action);
    request.send(new FormData(send));
  });
}
